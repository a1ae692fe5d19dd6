package dev.sluice.ingest;

import dev.sluice.abi.BufferKind;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The accounting law of one pool, in records:
 *
 * <pre>
 *   produced = collected + dropped + inferred + died + salvaged + never started + recycled
 *              + in flight + unaccounted
 * </pre>
 *
 * <p>{@code produced} and {@code dropped} are the device's own counters. {@code inferred} are lost
 * AICore records that no device counter shows (abi.md, Losses and rule C3), {@code died} records
 * that a dead producer had begun and not committed, {@code neverStarted} AICore tasks dispatched to
 * a core that ended without running them, {@code recycled} records that a guard returned unread
 * while no daemon served the session. {@code unaccounted} is the rest; it is 0 unless the device or
 * the host has a defect, and negative if more records arrived than were produced.
 *
 * @param inFlight not yet collected, at most what the pool's buffers can hold
 */
public record AccountingLaw(
    long produced,
    long collected,
    long dropped,
    long inferred,
    long died,
    long salvaged,
    long neverStarted,
    long recycled,
    long inFlight,
    long unaccounted) {

  /** Number of components. */
  public static final int PARTS = 10;

  /** Returns the components in their order. */
  public long[] parts() {
    return new long[] {
      produced,
      collected,
      dropped,
      inferred,
      died,
      salvaged,
      neverStarted,
      recycled,
      inFlight,
      unaccounted
    };
  }

  /** Builds a law from its components; ignores further elements. */
  public static AccountingLaw ofParts(long[] parts) {
    return new AccountingLaw(
        parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7], parts[8],
        parts[9]);
  }

  /** Writes the law for {@link #read}. */
  public void write(DataOutput out) throws IOException {
    for (long records : parts()) {
      out.writeLong(records);
    }
  }

  public static AccountingLaw read(DataInput in) throws IOException {
    long[] parts = new long[PARTS];
    for (int i = 0; i < PARTS; i++) {
      parts[i] = in.readLong();
    }
    return ofParts(parts);
  }

  /** The law of no records. */
  public static final AccountingLaw ZERO = new AccountingLaw(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * Everything known of one pool.
   *
   * @param tokenGaps AICore dispatches without a record between accepted ones
   * @param unwrittenSlots AICore slots of published buffers that are below the count and hold no
   *     record
   * @param missingBuffers buffers published according to the sequence that never arrived
   * @param recordsPerBuffer capacity of one buffer
   * @param buffers maximum number of buffers of the pool
   * @param deviceBlocks the device waits instead of losing records: nothing may be inferred
   * @param isGuarded a guard has recycled buffers of the kind: missing records are not inferred
   *     before {@link #recycled} has taken its share
   */
  public record Evidence(
      BufferKind kind,
      long produced,
      long dropped,
      long collected,
      long salvaged,
      long tokenGaps,
      long unwrittenSlots,
      long missingBuffers,
      int recordsPerBuffer,
      int buffers,
      boolean deviceBlocks,
      boolean isGuarded) {

    private long missing() {
      return produced - dropped - collected - salvaged;
    }

    /** Returns the maximum number of records with the device. */
    private long room() {
      return (long) buffers * recordsPerBuffer + kind.begunRecords();
    }

    /**
     * Returns the inferable part: records in a lost buffer are the host's loss, never the device's.
     */
    private long inferable(long candidates) {
      return kind == BufferKind.AICORE_TASK && !deviceBlocks
          ? Math.max(0, candidates - missingBuffers * recordsPerBuffer)
          : 0;
    }

    /**
     * The device counts a task when it dispatches it to a core. A core told to exit may leave up to
     * {@link BufferKind#begunRecords} dispatched tasks unstarted, and their slots unwritten.
     */
    private long neverStarted(long missing) {
      return kind == BufferKind.AICORE_TASK && deviceBlocks
          ? Math.max(0, Math.min(missing, Math.min(unwrittenSlots, kind.begunRecords())))
          : 0;
    }
  }

  /**
   * Computes the law while the device runs. Read collected counts before produced counts.
   *
   * <p>Records beyond what the buffers can hold cannot be in flight. Where records may be inferred,
   * they are lost, even before a newer record shows the gap.
   */
  public static AccountingLaw running(Evidence e) {
    long missing = e.missing();
    long room = e.room();
    long beyondRoom = e.isGuarded ? 0 : Math.max(0, missing - e.tokenGaps - room);
    long lost = e.tokenGaps + beyondRoom;
    long inferred = Math.max(0, Math.min(missing, e.inferable(lost)));
    long open = missing - inferred;
    long inFlight = Math.max(0, Math.min(open, room));
    return new AccountingLaw(
        e.produced,
        e.collected,
        e.dropped,
        inferred,
        0,
        e.salvaged,
        0,
        0,
        inFlight,
        open - inFlight);
  }

  /**
   * Computes the law after a run: everything is drained and salvaged, so nothing is in flight.
   *
   * <p>A device that gives up a full buffer first counts it as dropped and then empties it. If it
   * died in between, those records were also salvaged; they count as dropped only.
   *
   * @param hasDied whether the producer stopped at an arbitrary instruction
   */
  public static AccountingLaw settled(Evidence e, boolean hasDied) {
    long missing = e.missing();
    long salvaged = e.salvaged;
    if (hasDied && missing < 0) {
      long countedTwice = Math.min(-missing, Math.min(salvaged, e.recordsPerBuffer));
      salvaged -= countedTwice;
      missing += countedTwice;
    }
    long died = hasDied ? Math.max(0, Math.min(missing, e.kind.begunRecords())) : 0;
    missing -= died;
    long inferred = e.isGuarded ? 0 : Math.max(0, Math.min(missing, e.inferable(missing)));
    missing -= inferred;
    long neverStarted = e.neverStarted(missing);
    return new AccountingLaw(
        e.produced,
        e.collected,
        e.dropped,
        inferred,
        died,
        salvaged,
        neverStarted,
        0,
        0,
        missing - neverStarted);
  }

  /** Computes the law of a pool for the given end of its run. */
  public static AccountingLaw of(Evidence e, RunEnd end) {
    return switch (end) {
      case NOT_YET -> running(e);
      case COMPLETE -> settled(e, false);
      case DIED -> settled(e, true);
    };
  }

  /**
   * Applies the records that a guard recycled to the law of a kind.
   *
   * @param told records in recycled buffers as reported by the client; at most the missing ones
   *     count
   * @param mayInfer whether records missing beyond that are inferred as lost without a device
   *     counter
   */
  public AccountingLaw recycled(long told, boolean mayInfer) {
    long unexplained = Math.max(0, unaccounted);
    long taken = Math.max(0, Math.min(told, unexplained + inFlight + neverStarted));
    long ofUnexplained = Math.min(taken, unexplained);
    long ofInFlight = Math.min(taken - ofUnexplained, inFlight);
    long more = mayInfer ? unexplained - ofUnexplained : 0;
    return new AccountingLaw(
        produced,
        collected,
        dropped,
        inferred + more,
        died,
        salvaged,
        neverStarted - (taken - ofUnexplained - ofInFlight),
        recycled + taken,
        inFlight - ofInFlight,
        unaccounted - ofUnexplained - more);
  }

  /** Returns all records that will never arrive, from any counter. */
  public long missing() {
    return dropped + inferred + died + recycled;
  }

  /** Returns the sum of two pools or runs. */
  public AccountingLaw plus(AccountingLaw other) {
    return new AccountingLaw(
        produced + other.produced,
        collected + other.collected,
        dropped + other.dropped,
        inferred + other.inferred,
        died + other.died,
        salvaged + other.salvaged,
        neverStarted + other.neverStarted,
        recycled + other.recycled,
        inFlight + other.inFlight,
        unaccounted + other.unaccounted);
  }
}
