package dev.sluice.ingest;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.handoff.Lease;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Finds the records of an AICore buffer (abi.md, rule C2). Its {@code count} is only a hint: a
 * record may lie at index {@code count}, and slots below it may be unwritten or hold records of an
 * earlier loan. So every slot is checked, and accepted if it has a start time and a dispatch token
 * newer than the last accepted one of that core.
 *
 * <p>A buffer is usually full, with tokens that count up from slot to slot: {@link #isFull} detects
 * that several times faster than the slot-by-slot {@link #scan}.
 *
 * <p>If the records are not kept, reading every slot is not worth its cost: it takes each cache
 * line away from the producer, which must fetch it back. {@link #isFull} may therefore check only a
 * few slots. An AICore writes slots in order, so if the tokens of the first and the last slot are
 * exactly as far apart as the slots, and those of slots in between fit, all slots were written, in
 * order, during this loan.
 *
 * <p>Gaps between accepted tokens are the dispatches whose record is missing so far (abi.md, rule
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

  /** Starts a run: the first token of each core leaves no gap, whatever its value. */
  void restart() {
    Arrays.fill(hasToken, false);
  }

  /**
   * Accepts every slot if the tokens count up from the first to the last one; otherwise returns
   * false and changes nothing.
   *
   * @param isEverySlotRead false to check a sample of the slots
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

  /** Checks the first {@code slots} slots and accepts those with a newer record. */
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
      // Tokens are u32 and wrap: newer means a positive difference.
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
   * Checks every slot of a buffer that arrived after a newer one: its records were counted as a gap
   * then, and are in order within the buffer.
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

  /** Continues where another process stopped. */
  void resume(int core, boolean hasTokenNow, int token, long gapsBefore) {
    hasToken[core] = hasTokenNow;
    lastToken[core] = token;
    gaps[core] = gapsBefore;
  }

  /** Returns the tokens skipped between accepted records of a core. */
  long gaps(int core) {
    return gaps[core];
  }
}
