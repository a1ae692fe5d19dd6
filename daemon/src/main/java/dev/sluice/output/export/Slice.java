package dev.sluice.output.export;

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

    /** Whether it is a bar of a task that ran on a core. */
    boolean hasCore() {
      return this == KERNEL || this == SETUP || this == SCHEDULED;
    }

    /** Whether other events may refer to it by its {@link Slice#id}. */
    boolean hasId() {
      return this == KERNEL || this == SCHEDULED || this == DUMMY || this == ALLOC || this == SETUP;
    }
  }

  Type type;
  Lane lane;
  long id;
  long beginNs;
  long endNs;

  long taskId;

  /** {@link Type#KERNEL}, {@link Type#SETUP}, {@link Type#SCHEDULED}: where the task ran. */
  int core;

  /** As above: -1 if no dependency file tells. */
  int funcId;

  /** As above: number in the dependency graph, or -1. */
  int node;

  /** As above: the task runs on several cores. */
  boolean isSpmd;

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

  /** Makes it a new slice. */
  Slice begin(Type newType, Lane newLane, long newBeginNs, long newEndNs) {
    type = newType;
    lane = newLane;
    beginNs = newBeginNs;
    endNs = Math.max(newBeginNs, newEndNs);
    id = 0;
    taskId = 0;
    core = -1;
    isSpmd = false;
    phase = null;
    funcId = -1;
    node = -1;
    finishes = 0;
    isPredicatedSkip = false;
    beginFlows.clear();
    endFlows.clear();
    return this;
  }

  long durationNs() {
    return endNs - beginNs;
  }
}
