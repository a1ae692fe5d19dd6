package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;

/** A bar on a lane. A flyweight: one object, filled anew for every slice. Times are ns. */
final class Slice {
  /** What the bar stands for, which decides its arguments and its category. */
  enum Type {
    KERNEL("event"),
    SETUP("event"),
    SCHEDULED("event"),
    PHASE("scheduler"),
    DUMMY("event"),
    SUBMIT("orchestrator"),
    ALLOC("event");

    private final String category;

    Type(String category) {
      this.category = category;
    }

    String category() {
      return category;
    }

    /** Whether other events may refer to it by its {@link Slice#id}. */
    boolean hasId() {
      return this == KERNEL || this == SCHEDULED || this == DUMMY || this == ALLOC || this == SETUP;
    }
  }

  /** The name of a slice that is like no other. */
  static final int UNIQUE_NAME = -1;

  /** Names of phases differ by kind and by a count; counts from here on are not told apart. */
  static final int MAX_COUNT_IN_KEY = 256;

  /** Every {@link #nameKey} is below. */
  static final int NAME_KEYS = (SchedPhaseKind.ALL.size() + 2) * MAX_COUNT_IN_KEY;

  static final int SETUP_NAME_KEY = NAME_KEYS - 1;

  Type type;
  Lane lane;
  long id;
  long beginNs;
  long endNs;

  /** UTF-8. */
  final Name name = new Name();

  /** The same for slices of the same name, or {@link #UNIQUE_NAME}. */
  int nameKey;

  long taskId;

  /** {@link Type#KERNEL}, {@link Type#SETUP}, {@link Type#SCHEDULED}: the row; else null. */
  TaskRow task;

  /** As above: -1 if no dependency file tells. */
  int funcId;

  /** As above: number in the dependency graph, or -1. */
  int node;

  /** {@link Type#KERNEL}, {@link Type#SETUP}: from receipt to start. */
  long setupNs;

  /** {@link Type#KERNEL}: from start to end. */
  long kernelNs;

  /** {@link Type#PHASE}: the row; else null. */
  PhaseRow phase;

  /** {@link Type#PHASE}: tasks whose finish it saw. */
  int finishes;

  /** {@link Type#SUBMIT}. */
  int submitIdx;

  /** {@link Type#DUMMY}: the task was skipped because its predicate did not pass. */
  boolean isPredicatedSkip;

  /** Arrows that leave from, pass or arrive at the slice, seen at its beginning. */
  final LongList beginFlows = new LongList();

  /** Arrows that are seen at its end. */
  final LongList endFlows = new LongList();

  /** Makes it a new slice, without a name. */
  Slice begin(Type newType, Lane newLane, long newBeginNs, long newEndNs) {
    name.clear();
    return beginSameName(newType, newLane, newBeginNs, newEndNs);
  }

  /** Makes it a new slice with the name of the one before. */
  Slice beginSameName(Type newType, Lane newLane, long newBeginNs, long newEndNs) {
    type = newType;
    lane = newLane;
    beginNs = newBeginNs;
    endNs = Math.max(newBeginNs, newEndNs);
    id = 0;
    nameKey = UNIQUE_NAME;
    taskId = 0;
    task = null;
    phase = null;
    funcId = -1;
    node = -1;
    finishes = 0;
    isPredicatedSkip = false;
    beginFlows.clear();
    endFlows.clear();
    return this;
  }

  /**
   * Gives it the key of a phase's name.
   *
   * @param kind number of the kind, or one more than the last for the unknown
   */
  void keyName(int kind, int count) {
    boolean isKeyed = count >= 0 && count < MAX_COUNT_IN_KEY;
    nameKey = isKeyed ? kind * MAX_COUNT_IN_KEY + count : UNIQUE_NAME;
  }

  long durationNs() {
    return endNs - beginNs;
  }

  boolean isPhase(SchedPhaseKind kind) {
    return phase != null && phase.kind == kind;
  }
}
