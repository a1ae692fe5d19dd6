package dev.sluice.ingest;

import dev.sluice.handoff.Lease;
import dev.sluice.handoff.ShardJournal;

/**
 * Receives full buffers from a collector: the interface for captures.
 *
 * <p>Called on the collector's thread, one buffer at a time, in the order of each pool. A sink must
 * not wait, keep the lease, or write to its memory. If it throws, the collector counts the failure
 * and continues with the next buffer.
 */
public interface LeaseSink {
  /** Keeps nothing; the records are only counted. */
  LeaseSink COUNT_ONLY =
      new LeaseSink() {
        @Override
        public boolean accept(Lease lease, AcceptedRecords records) {
          return true;
        }

        @Override
        public boolean isReader() {
          return false;
        }
      };

  /**
   * Takes the records of a buffer.
   *
   * @param records slots with accepted records
   * @return false if there is no room now: the collector holds the buffer and retries, and
   *     backpressure eventually reaches the device
   */
  boolean accept(Lease lease, AcceptedRecords records);

  /**
   * Makes the last accepted buffer visible: it is collected even if this process ends now. Nothing
   * of it may be visible before.
   */
  default void commit() {}

  /** Journals the state that this sink will have after the following {@link #commit}. */
  default void journal(ShardJournal into) {}

  /**
   * Whether the sink reads the records. If so, the collector checks every slot of an AICore buffer;
   * for a sink that only counts, it may check a sample.
   */
  boolean isReader();
}
