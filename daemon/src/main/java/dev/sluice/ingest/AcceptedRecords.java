package dev.sluice.ingest;

import java.util.Arrays;

/**
 * The slots of a buffer that hold an accepted record. For most kinds these are the first {@code
 * count}; an AICore buffer may have gaps. A flyweight of one collector, valid during one call of a
 * sink.
 */
public final class AcceptedRecords {
  private final long[] accepted;
  private int slots;
  private int count;

  /**
   * @param maxSlots slots of the largest buffer
   */
  AcceptedRecords(int maxSlots) {
    accepted = new long[(maxSlots + 63) >>> 6];
  }

  /** Accepts every slot below {@code countOfRecords}. */
  void first(int countOfRecords) {
    slots = countOfRecords;
    count = countOfRecords;
    clear();
    for (int word = 0; word < slots >>> 6; word++) {
      accepted[word] = -1;
    }
    if ((slots & 63) != 0) {
      accepted[slots >>> 6] = (1L << slots) - 1;
    }
  }

  /** Accepts no slot; {@link #add} follows for each. */
  void none(int slotCount) {
    slots = slotCount;
    count = 0;
    clear();
  }

  private void clear() {
    Arrays.fill(accepted, 0, (slots + 63) >>> 6, 0);
  }

  void add(int slot) {
    accepted[slot >>> 6] |= 1L << slot;
    count++;
  }

  /** Returns the number of accepted records. */
  public int count() {
    return count;
  }

  /** Returns the slots to examine; all accepted ones are below. */
  public int slots() {
    return slots;
  }

  /** Returns the first accepted slot at or after {@code slot}; {@link #slots} if none. */
  public int nextAccepted(int slot) {
    return next(slot, 0);
  }

  /**
   * Returns the first slot at or after {@code slot} that is not accepted; {@link #slots} if none.
   */
  public int nextRejected(int slot) {
    return next(slot, -1);
  }

  /** Returns the first slot whose bit differs from those of {@code other}. */
  private int next(int slot, long other) {
    for (int at = slot; at < slots; at = (at | 63) + 1) {
      long rest = (accepted[at >>> 6] ^ other) >>> at;
      if (rest != 0) {
        return Math.min(slots, at + Long.numberOfTrailingZeros(rest));
      }
    }
    return slots;
  }

  public boolean isAccepted(int slot) {
    return (accepted[slot >>> 6] >>> slot & 1) != 0;
  }
}
