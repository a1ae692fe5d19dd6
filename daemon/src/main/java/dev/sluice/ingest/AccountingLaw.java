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
 * <p>{@code produced} and {@code dropped} are the device's own counters. {@code inferred} are
 * AICore records that no device counter shows (abi.md 4.11, appendix C3), {@code died} those that a
 * dead producer had begun and not committed, {@code neverStarted} AICore tasks that were handed to
 * a core which then ended without running them, {@code recycled} what a guard gave back unread
 * while no daemon served the session. What nothing explains is {@code unaccounted}, and is 0 unless
 * the device or the host is wrong; it is negative if more came than was produced.
 *
 * @param inFlight not yet collected, and no more than the pool's buffers can hold
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

  /** How many numbers it is made of. */
  public static final int PARTS = 10;

  /** Its numbers, in the order of the components. */
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

  /** Of such numbers; what follows them is not read. */
  public static AccountingLaw ofParts(long[] parts) {
    return new AccountingLaw(
        parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7], parts[8],
        parts[9]);
  }

  /** Writes it for {@link #read}. */
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

  /** No record at all. */
  public static final AccountingLaw ZERO = new AccountingLaw(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * What is known of one pool.
   *
   * @param tokenGaps AICore dispatches without a record between accepted ones
   * @param unwrittenSlots AICore slots in buffers that came, below the mark and without a record
   * @param missingBuffers buffers that the sequence says were published and that never came
   * @param recordsPerBuffer capacity of one
   * @param buffers how many the pool can have anywhere
   * @param deviceBlocks the device waits rather than lose: nothing may be inferred
   * @param isGuarded a guard has recycled buffers of the kind: what is missing is not inferred
   *     before {@link #recycled} has taken its part
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

    /** More than this cannot be with the device. */
    private long room() {
      return (long) buffers * recordsPerBuffer + kind.begunRecords();
    }

    /** What a lost buffer took with it is the host's loss and never the device's. */
    private long inferable(long candidates) {
      return kind == BufferKind.AICORE_TASK && !deviceBlocks
          ? Math.max(0, candidates - missingBuffers * recordsPerBuffer)
          : 0;
    }

    /**
     * The device counts a task when it hands it to a core. Of those a core that is told to leave
     * has up to {@link BufferKind#begunRecords} before it, and their slots stay as they were.
     */
    private long neverStarted(long missing) {
      return kind == BufferKind.AICORE_TASK && deviceBlocks
          ? Math.max(0, Math.min(missing, Math.min(unwrittenSlots, kind.begunRecords())))
          : 0;
    }
  }

  /**
   * The law while the device runs. Read what was collected before what was produced.
   *
   * <p>What is more than the buffers can hold cannot be in flight; where records may be inferred,
   * it is lost although no newer record has come yet to show the gap.
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
   * The law after a run: everything is drained and salvaged, so nothing is in flight.
   *
   * <p>A device that gives up a full buffer first counts it as dropped and then empties it. If it
   * died in between, those records were salvaged as well; they stay with the dropped ones.
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

  /** The law of a pool whose run ended so. */
  public static AccountingLaw of(Evidence e, RunEnd end) {
    return switch (end) {
      case NOT_YET -> running(e);
      case COMPLETE -> settled(e, false);
      case DIED -> settled(e, true);
    };
  }

  /**
   * The law of a kind of which a guard has recycled buffers.
   *
   * @param told records that were in them, as the client says; no more is taken than is missing
   * @param mayInfer what is missing beyond that is what no device counter shows
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

  /** All records that will not come, whichever counter says so. */
  public long missing() {
    return dropped + inferred + died + recycled;
  }

  /** The sum of two pools or runs. */
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
