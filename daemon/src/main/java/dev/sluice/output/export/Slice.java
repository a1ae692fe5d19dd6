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
    ALLOC("event"),
    LOST("loss"),
    STALL("loss");

    private final String category;

    Type(String category) {
      this.category = category;
    }

    String category() {
      return category;
    }
  }

  /** A name that slices share. */
  record Name(int number, String text) {}

  Type type;
  Lane lane;
  Name name;
  long beginNs;
  long endNs;

  /** Of the task, the submission or the dummy. */
  long taskId;

  /** {@link Type#KERNEL}, {@link Type#SETUP}, {@link Type#SCHEDULED}; else null. */
  Row.Task task;

  /** {@link Type#PHASE}, {@link Type#DUMMY}; else null. */
  Row.Phase phase;

  /** {@link Type#SUBMIT}, {@link Type#ALLOC}; else null. */
  Row.Submit submit;

  /** {@link Type#LOST}, {@link Type#STALL}; else null. */
  Losses.Loss loss;

  /** As for a task: what it runs, -1 if no dependency file says. */
  int funcId;

  /** {@link Type#KERNEL}: from receipt to start, and from start to end. */
  long setupNs;

  long kernelNs;

  /** Arrows seen at its beginning, and at its end; of each, the moment is within the slice. */
  Flows atBegin;

  Flows atEnd;
  CaptureSource source;

  Slice begin(Type newType, Name newName, Lane newLane, long newBeginNs, long newEndNs) {
    type = newType;
    name = newName;
    lane = newLane;
    beginNs = newBeginNs;
    endNs = newEndNs;
    taskId = 0;
    task = null;
    phase = null;
    submit = null;
    loss = null;
    funcId = -1;
    setupNs = 0;
    kernelNs = 0;
    atBegin = Flows.NONE;
    atEnd = Flows.NONE;
    return this;
  }

  long durationNs() {
    return endNs - beginNs;
  }
}
