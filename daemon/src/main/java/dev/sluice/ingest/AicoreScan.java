package dev.sluice.ingest;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.handoff.Lease;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Finds the records of an AICore buffer (abi.md 4.4, appendix C2). Its {@code count} is only a
 * hint: a record may lie at index {@code count}, and below it there may be slots that were never
 * written or that show an earlier life of the buffer. So all slots are looked at, and one counts if
 * it has a start time and a dispatch token newer than the last accepted one of that core.
 *
 * <p>Mostly a buffer is full, and its tokens count up from slot to slot: {@link #isFull} finds that
 * out several times faster than {@link #scan}, which notes one slot after the other.
 *
 * <p>When the records are not kept, reading every slot costs more than it tells: it pulls each
 * cache line away from the producer, which has to fetch it back (abi.md appendix C). So {@link
 * #isFull} may look at a few slots: an AICore writes one slot after the other, so if the first and
 * the last slot hold tokens exactly as far apart as the slots are, and slots between them fit in,
 * then all of them were written, in order, in this life of the buffer.
 *
 * <p>The gaps between accepted tokens are the dispatches whose record is missing so far (appendix
 * C3). Used by one collector.
 */
final class AicoreScan {
  private static final int PROBES = 16;

  private final int[] lastToken;
  private final boolean[] hasToken;
  private final long[] gaps;

  AicoreScan(int cores) {
    lastToken = new int[cores];
    hasToken = new boolean[cores];
    gaps = new long[cores];
  }

  /** The next token of each core is the first of a run: whatever it is, nothing is missing. */
  void restart() {
    Arrays.fill(hasToken, false);
  }

  /**
   * Accepts every slot if the tokens count up from the first to the last one; false if they do not,
   * and nothing is noted.
   *
   * @param isEverySlotRead otherwise a few slots stand for the rest
   */
  boolean isFull(Lease lease, int slots, boolean isEverySlotRead, AcceptedRecords into) {
    if (slots == 0) {
      return false;
    }
    ByteBuffer memory = lease.memory();
    int core = lease.instance();
    int at = lease.offset();
    int first = memory.getInt(at + AicoreTaskRecord.REG_TASK_ID_OFFSET);
    if (hasToken[core] && first - lastToken[core] <= 0) {
      return false;
    }
    int step = isEverySlotRead ? 1 : Math.max(1, slots / PROBES);
    for (int slot = slots - 1; slot >= 0; slot -= step) {
      int record = at + slot * AicoreTaskRecord.SIZE_BYTES;
      if (memory.getLong(record + AicoreTaskRecord.START_TIME_OFFSET) == 0
          || memory.getInt(record + AicoreTaskRecord.REG_TASK_ID_OFFSET) != first + slot) {
        return false;
      }
    }
    if (memory.getLong(at + AicoreTaskRecord.START_TIME_OFFSET) == 0) {
      return false;
    }
    gaps[core] += hasToken[core] ? first - lastToken[core] - 1 : 0;
    lastToken[core] = first + slots - 1;
    hasToken[core] = true;
    into.first(slots);
    return true;
  }

  /** Looks at every slot, up to so many, and notes the accepted ones. */
  void scan(Lease lease, int slots, AcceptedRecords into) {
    ByteBuffer memory = lease.memory();
    int core = lease.instance();
    int last = lastToken[core];
    boolean hasLast = hasToken[core];
    long gap = 0;
    int at = lease.offset();
    into.none(slots);
    for (int slot = 0; slot < slots; slot++, at += AicoreTaskRecord.SIZE_BYTES) {
      if (memory.getLong(at + AicoreTaskRecord.START_TIME_OFFSET) == 0) {
        continue;
      }
      int token = memory.getInt(at + AicoreTaskRecord.REG_TASK_ID_OFFSET);
      // Tokens are u32 and wrap: newer is a positive difference.
      if (hasLast && token - last <= 0) {
        continue;
      }
      gap += hasLast ? token - last - 1 : 0;
      last = token;
      hasLast = true;
      into.add(slot);
    }
    lastToken[core] = last;
    hasToken[core] = hasLast;
    gaps[core] += gap;
  }

  /**
   * Looks at every slot of a buffer that came after a younger one: what is in it was counted as a
   * gap then, and is in order within the buffer.
   */
  void scanLate(Lease lease, int slots, AcceptedRecords into) {
    ByteBuffer memory = lease.memory();
    int core = lease.instance();
    int at = lease.offset();
    boolean hasBefore = false;
    int before = 0;
    into.none(slots);
    for (int slot = 0; slot < slots; slot++, at += AicoreTaskRecord.SIZE_BYTES) {
      int token = memory.getInt(at + AicoreTaskRecord.REG_TASK_ID_OFFSET);
      boolean isWritten = memory.getLong(at + AicoreTaskRecord.START_TIME_OFFSET) != 0;
      boolean isOlder = hasToken[core] && token - lastToken[core] < 0;
      if (isWritten && isOlder && (!hasBefore || token - before > 0)) {
        before = token;
        hasBefore = true;
        into.add(slot);
      }
    }
    gaps[core] -= Math.min(gaps[core], into.count());
  }

  boolean hasToken(int core) {
    return hasToken[core];
  }

  int lastToken(int core) {
    return lastToken[core];
  }

  /** Goes on where another process stopped. */
  void resume(int core, boolean hasTokenNow, int token, long gapsBefore) {
    hasToken[core] = hasTokenNow;
    lastToken[core] = token;
    gaps[core] = gapsBefore;
  }

  /** Tokens skipped between accepted records of a core. */
  long gaps(int core) {
    return gaps[core];
  }
}
