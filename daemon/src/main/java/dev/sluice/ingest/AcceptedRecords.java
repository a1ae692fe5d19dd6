package dev.sluice.ingest;

import java.util.Arrays;

/**
 * Which slots of a buffer hold a record that counts. For most kinds these are the first {@code
 * count}; an AICore buffer may have holes. A flyweight of one collector, valid during one call of a
 * sink.
 */
public final class AcceptedRecords {
  private final long[] accepted;
  private int slots;
  private int count;

  /**
   * @param maxSlots the longest buffer that will come
   */
  AcceptedRecords(int maxSlots) {
    accepted = new long[(maxSlots + 63) >>> 6];
  }

  /** Every slot up to {@code count}. */
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

  /** No slot yet; {@link #add} follows for each. */
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

  /** How many records count. */
  public int count() {
    return count;
  }

  /** Slots to look at; every accepted one is below. */
  public int slots() {
    return slots;
  }

  /** The first accepted slot from {@code slot} on; {@link #slots} if there is none. */
  public int nextAccepted(int slot) {
    return next(slot, 0);
  }

  /** The first slot from {@code slot} on that is not accepted; {@link #slots} if there is none. */
  public int nextRejected(int slot) {
    return next(slot, -1);
  }

  /** The first slot whose bit differs from those of {@code other}. */
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
