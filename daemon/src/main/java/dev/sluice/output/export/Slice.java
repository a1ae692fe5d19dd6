package dev.sluice.output.export;

import java.util.List;

/** A bar on a lane. A flyweight: one object, filled anew for every slice. Times are ns. */
final class Slice {
  /** What the bar stands for. */
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

  /** How the value of an argument is written. */
  enum Form {
    /** Unsigned, of 64 bits. */
    NUMBER,
    NS,
    FLAG,
    /** Three at once, see {@link Row.Phase#depth}. */
    DEPTHS
  }

  /** What there is to say of a bar. */
  enum Arg {
    TASK_ID(Form.NUMBER, "taskId"),
    LOCAL_SETUP(Form.NS, "local_setup"),
    LOOP_ITER(Form.NUMBER, "loop_iter"),
    TASKS_PROCESSED(Form.NUMBER, "tasks_processed"),
    AT_START(Form.DEPTHS, "at_start"),
    AT_END(Form.DEPTHS, "at_end"),
    /** Likewise, where a curve has it as well. */
    AT_END_AS_CURVE(Form.DEPTHS, "at_end"),
    FINISH_ROWS(Form.NUMBER, "finish_rows_attributed"),
    SUBMIT_IDX(Form.NUMBER, "submit_idx"),
    PREDICATED_PASS(Form.FLAG, "predicated_pass"),
    RECORDS(Form.NUMBER, "records"),
    BUFFERS(Form.NUMBER, "buffers"),
    LOST_BY_DEVICE(Form.FLAG, "lost_by_device"),
    TIMES(Form.NUMBER, "times"),
    WAITED(Form.NUMBER, "waited_ns");

    private final Form form;
    private final String chromeName;

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private final List<String> names;

    Arg(Form form, String text) {
      this.form = form;
      names =
          switch (form) {
            case NUMBER, FLAG -> List.of(text);
            case NS -> List.of(text + "_ns");
            case DEPTHS -> List.of("aic_" + text, "aiv_" + text, "mix_" + text);
          };
      chromeName =
          switch (form) {
            case NUMBER, FLAG -> text;
            case NS -> text + "_us";
            case DEPTHS -> "shared_" + text + " (aic,aiv,mix)";
          };
    }

    Form form() {
      return form;
    }

    /** One, of depths three. */
    List<String> names() {
      return names;
    }

    /** As the runtime's converter calls it: times in microseconds, depths in one. */
    String chromeName() {
      return chromeName;
    }
  }

  /**
   * A name that slices share.
   *
   * @param colour from the palette of chrome://tracing; empty for any
   */
  record Name(int number, String text, String colour) {}

  private static final int MAX_ARGS = 8;

  Type type;
  Lane lane;
  Name name;
  long beginNs;
  long endNs;

  /** {@link Type#KERNEL}, {@link Type#SETUP}, {@link Type#SCHEDULED}; else null. */
  Row.Task task;

  /** As for a task: what it runs, -1 if no dependency file says. */
  int funcId;

  /** {@link Type#KERNEL}: from start to end. */
  long kernelNs;

  /** Arrows seen at its beginning, and at its end; of each, the moment is within the slice. */
  Flows atBegin;

  Flows atEnd;
  CaptureSource source;
  private final Arg[] args = new Arg[MAX_ARGS];
  private final long[] values = new long[MAX_ARGS];
  private int argCount;

  Slice begin(Type newType, Name newName, Lane newLane, long newBeginNs, long newEndNs) {
    type = newType;
    name = newName;
    lane = newLane;
    beginNs = newBeginNs;
    endNs = newEndNs;
    task = null;
    atBegin = Flows.NONE;
    atEnd = Flows.NONE;
    argCount = 0;
    return this;
  }

  Slice put(Arg arg, long value) {
    args[argCount] = arg;
    values[argCount++] = value;
    return this;
  }

  int argCount() {
    return argCount;
  }

  Arg arg(int i) {
    return args[i];
  }

  long value(int i) {
    return values[i];
  }

  long durationNs() {
    return endNs - beginNs;
  }
}
