package dev.sluice.output.export;

import java.util.List;

/** A bar on a lane: a flyweight, refilled for every slice. Times are in ns. */
final class Slice {
  /** Meaning of a bar. */
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

    final String category;

    Type(String category) {
      this.category = category;
    }
  }

  /** How the value of an argument is written. */
  enum Form {
    /** Unsigned, 64 bits. */
    NUMBER,
    NS,
    FLAG,
    /** Three values, see {@link Row.Phase#depth}. */
    DEPTHS
  }

  /** Arguments of a bar. */
  enum Arg {
    TASK_ID(Form.NUMBER, "taskId"),
    LOCAL_SETUP(Form.NS, "local_setup"),
    LOOP_ITER(Form.NUMBER, "loop_iter"),
    TASKS_PROCESSED(Form.NUMBER, "tasks_processed"),
    AT_START(Form.DEPTHS, "at_start"),
    AT_END(Form.DEPTHS, "at_end"),
    /** As above, where a curve shows them too. */
    AT_END_AS_CURVE(Form.DEPTHS, "at_end"),
    FINISH_ROWS(Form.NUMBER, "finish_rows_attributed"),
    SUBMIT_IDX(Form.NUMBER, "submit_idx"),
    PREDICATED_PASS(Form.FLAG, "predicated_pass"),
    RECORDS(Form.NUMBER, "records"),
    BUFFERS(Form.NUMBER, "buffers"),
    LOST_BY_DEVICE(Form.FLAG, "lost_by_device"),
    TIMES(Form.NUMBER, "times"),
    WAITED(Form.NUMBER, "waited_ns");

    final Form form;
    final String text;

    Arg(Form form, String text) {
      this.form = form;
      this.text = text;
    }
  }

  /**
   * A name shared by slices.
   *
   * @param colour from the palette of chrome://tracing; empty for any
   */
  record Name(int number, String text, String colour) {}

  private static final int MAX_ARGS = 8;

  final CaptureSource source;
  final Arg[] args = new Arg[MAX_ARGS];
  final long[] values = new long[MAX_ARGS];
  int argCount;
  Type type;
  TraceSink.Lane lane;
  Name name;
  long beginNs;
  long endNs;

  /** For {@link Type#KERNEL}; otherwise null. */
  Row.Task task;

  /** Function of the task; -1 if no dependency file names it. */
  int funcId;

  /** Arrows at its begin, and at its end; their times are within the slice. */
  List<Row.Arrow> atBegin;

  List<Row.Arrow> atEnd;

  Slice(CaptureSource source) {
    this.source = source;
  }

  Slice begin(Type newType, Name newName, TraceSink.Lane newLane, long newBeginNs, long newEndNs) {
    type = newType;
    name = newName;
    lane = newLane;
    beginNs = newBeginNs;
    endNs = newEndNs;
    task = null;
    atBegin = List.of();
    atEnd = List.of();
    argCount = 0;
    return this;
  }

  Slice put(Arg arg, long value) {
    args[argCount] = arg;
    values[argCount++] = value;
    return this;
  }

  long durationNs() {
    return endNs - beginNs;
  }
}
