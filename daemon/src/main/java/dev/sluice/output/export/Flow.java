package dev.sluice.output.export;

/** An arrow from a moment on one lane to a moment on another. A flyweight; times are ns. */
final class Flow {
  /** Why there is an arrow. */
  enum Type {
    DEPENDENCY("dependency"),
    /** A dependency that the times contradict. */
    HB_VIOLATION("hb_violation"),
    COMPLETE("complete"),
    COMPLETE_READY("complete\u2192ready"),
    DISPATCH("dispatch"),
    SUBMIT_DISPATCH("submit\u2192dispatch");

    private final String label;

    Type(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /** An arrow leaves a bar this long before the bar ends, so that it touches it. */
  static final long INSIDE_NS = 10;

  Type type;
  Lane from;
  long fromNs;
  Lane to;
  long toNs;

  /** The slice that a viewer shall bind the arrow to; 0 is none. */
  long bindId;

  /** {@link Type#DEPENDENCY}: how many tasks the later one waits for, and wait for the earlier. */
  int inputTasks;

  int outputTasks;

  Flow set(Type newType, Lane newFrom, long newFromNs, Lane newTo, long newToNs) {
    type = newType;
    from = newFrom;
    fromNs = Math.max(0, newFromNs);
    to = newTo;
    toNs = newToNs;
    bindId = 0;
    inputTasks = 0;
    outputTasks = 0;
    return this;
  }

  boolean isDependency() {
    return type == Type.DEPENDENCY || type == Type.HB_VIOLATION;
  }
}
