package dev.sluice.ingest;

import dev.sluice.handoff.Lease;
import dev.sluice.handoff.ShardJournal;

/**
 * Where a collector offers what it has: the seam for captures.
 *
 * <p>Called on the collector's thread, one buffer at a time, in the order of each pool. A sink must
 * not wait, keep the lease, or write to its memory. If it throws, the collector counts the failure
 * and goes on with the next buffer.
 */
public interface LeaseSink {
  /** Takes nothing, keeps nothing: the records are only counted. */
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
   * @param records which slots hold an accepted record
   * @return false if there is no room now: the collector holds the buffer and asks again, and the
   *     device in time feels the backpressure
   */
  boolean accept(Lease lease, AcceptedRecords records);

  /**
   * What was accepted last is collected for certain, or would be if this process ended now. Until
   * then nothing of it may be visible.
   */
  default void commit() {}

  /** Notes how this sink stands after {@link #commit}, which follows. */
  default void journal(ShardJournal into) {}

  /**
   * Whether the sink reads the records themselves. For one that does, the collector looks at every
   * slot of an AICore buffer; for one that only counts, it may judge by a few.
   */
  boolean isReader();
}
