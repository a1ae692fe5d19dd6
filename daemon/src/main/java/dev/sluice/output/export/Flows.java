package dev.sluice.output.export;

import java.util.Arrays;

/**
 * Ends of arrows on one slice. An arrow is added to both of its slices or to none, with an id of
 * its own; each end has a moment within its slice.
 */
final class Flows {
  /** Why there is an arrow. */
  enum Type {
    DISPATCH("dispatch"),
    COMPLETE("complete"),
    SUBMIT_DISPATCH("submit\u2192dispatch"),
    COMPLETE_READY("complete\u2192ready"),
    DEPENDENCY("dependency"),
    /** A dependency that the times contradict. */
    HB_VIOLATION("hb_violation");

    static final Type[] ALL = values();
    private final String label;

    Type(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  static final Flows NONE = new Flows();

  private static final int TYPE_SHIFT = 60;
  private static final long OUT = 1L << 59;
  private static final long[] EMPTY = {};

  private long[] words = EMPTY;
  private int count;

  /**
   * @param ticks when the arrow leaves or arrives
   */
  void add(Type type, boolean isOut, long id, long ticks) {
    if (words.length < 2 * count + 2) {
      words = Arrays.copyOf(words, Math.max(4, 2 * words.length));
    }
    words[2 * count] = ((long) type.ordinal() << TYPE_SHIFT) | (isOut ? OUT : 0) | id;
    words[2 * count + 1] = ticks;
    count++;
  }

  void clear() {
    count = 0;
  }

  int count() {
    return count;
  }

  long id(int i) {
    return words[2 * i] & (OUT - 1);
  }

  Type type(int i) {
    return Type.ALL[(int) (words[2 * i] >>> TYPE_SHIFT)];
  }

  /** Whether the arrow leaves from the slice. */
  boolean isOut(int i) {
    return (words[2 * i] & OUT) != 0;
  }

  long ticks(int i) {
    return words[2 * i + 1];
  }
}
