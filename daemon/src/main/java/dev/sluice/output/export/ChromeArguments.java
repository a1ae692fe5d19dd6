package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.List;

/** The arguments of bars in a Chrome trace: what a viewer shows of the one that was clicked on. */
final class ChromeArguments {
  /** Room for one element of a list. */
  private static final int ELEMENT_BYTES = 64;

  private static final byte[] EVENT_HINT = ByteOutput.ascii("\"event-hint\":\"Task:");
  private static final byte[] FUNC_ID = ByteOutput.ascii(", FuncId:");
  private static final byte[] CORE_ID = ByteOutput.ascii(", CoreId:");
  private static final byte[] FAN_OUT = ByteOutput.ascii("\",\"fanout-hint\":\"");
  private static final byte[] FAN_IN = ByteOutput.ascii("\",\"fanin-hint\":\"");
  private static final byte[] DURATION = ByteOutput.ascii("\",\"duration-us\":");
  private static final byte[] KERNEL_DURATION = ByteOutput.ascii(",\"kernel-duration-us\":");
  private static final byte[] LOCAL_SETUP = ByteOutput.ascii(",\"local_setup_us\":");
  private static final byte[] TASK_ID = ByteOutput.ascii(",\"taskId\":");
  private static final byte[] DISPATCH_TIME = ByteOutput.ascii("\",\"dispatch-time-us\":");
  private static final byte[] FINISH_TIME = ByteOutput.ascii(",\"finish-time-us\":");
  private static final byte[] AICPU_DURATION = ByteOutput.ascii(",\"aicpu-duration-us\":");
  private static final byte[] PHASE = ByteOutput.ascii("\"phase\":\"");
  private static final byte[] LOOP_ITER = ByteOutput.ascii("\",\"loop_iter\":");
  private static final byte[] TASKS_PROCESSED = ByteOutput.ascii(",\"tasks_processed\":");
  private static final byte[] AT_START = ByteOutput.ascii(",\"shared_at_start (aic,aiv,mix)\":\"");
  private static final byte[] AT_END = ByteOutput.ascii("\",\"shared_at_end (aic,aiv,mix)\":\"");
  private static final byte[] FINISHES = ByteOutput.ascii(",\"finishes_processed\":");
  private static final byte[] FINISH_ROWS = ByteOutput.ascii(",\"finish_rows_attributed\":");
  private static final byte[] SUBMIT =
      ByteOutput.ascii("\"phase\":\"orch_submit\",\"submit_idx\":");
  private static final byte[] SUBMIT_TASK = ByteOutput.ascii(",\"task_id\":");
  private static final byte[] PLAIN_TASK_ID = ByteOutput.ascii("\"taskId\":");
  private static final byte[] NOT_PREDICATED = ByteOutput.ascii(",\"predicated_pass\":false");
  private static final byte[] UNKNOWN = ByteOutput.ascii("unknown");
  private static final byte[] QUOTE = ByteOutput.ascii("\"");
  private static final List<byte[]> KIND_NAMES =
      SchedPhaseKind.ALL.stream().map(kind -> ByteOutput.ascii(kind.jsonName())).toList();

  private final TraceFacts facts;
  private final TaskGraph graph;
  private final ByteOutput out;

  ChromeArguments(TraceFacts facts, TaskGraph graph, ByteOutput out) {
    this.facts = facts;
    this.graph = graph;
    this.out = out;
  }

  /**
   * Writes them into an event for which there is room; makes room again for what follows a list.
   */
  void put(Slice slice) throws IOException {
    switch (slice.type) {
      case KERNEL -> putKernel(slice);
      case SETUP -> {
        putEventHint(slice);
        out.put(QUOTE);
        out.putMicros(LOCAL_SETUP, slice.setupNs);
        out.putNumber(TASK_ID, slice.taskId);
      }
      case SCHEDULED -> {
        putEventHint(slice);
        out.putMicros(DISPATCH_TIME, slice.beginNs);
        out.putMicros(FINISH_TIME, slice.endNs);
        out.putMicros(AICPU_DURATION, slice.durationNs());
        out.putNumber(TASK_ID, slice.taskId);
      }
      case PHASE -> putPhase(slice);
      case DUMMY -> {
        out.putNumber(PLAIN_TASK_ID, slice.taskId);
        if (slice.isPredicatedSkip) {
          out.put(NOT_PREDICATED);
        }
      }
      case SUBMIT -> {
        out.putNumber(SUBMIT, Integer.toUnsignedLong(slice.submitIdx));
        out.putNumber(SUBMIT_TASK, slice.taskId);
      }
      case ALLOC -> out.putNumber(PLAIN_TASK_ID, slice.taskId);
    }
  }

  private void putEventHint(Slice slice) {
    out.put(EVENT_HINT);
    out.moveTo(TaskNames.putTaskId(out.chunk(), out.position(), slice.taskId));
    out.put(FUNC_ID);
    out.putSigned(slice.funcId);
    out.put(CORE_ID);
    out.putUnsigned(slice.core);
  }

  private void putKernel(Slice slice) throws IOException {
    putEventHint(slice);
    out.put(FAN_OUT);
    putFan(slice.node, true);
    out.put(FAN_IN);
    putFan(slice.node, false);
    out.putMicros(DURATION, slice.durationNs());
    if (facts.isChip()) {
      out.putMicros(KERNEL_DURATION, slice.kernelNs);
      out.putMicros(LOCAL_SETUP, slice.setupNs);
    }
    out.putNumber(TASK_ID, slice.taskId);
  }

  /** {@code 2: [4294967297, 4294967298]}. */
  private void putFan(int node, boolean isOut) throws IOException {
    int count = 0;
    if (node != TaskGraph.NO_NODE) {
      count = isOut ? graph.outgoingCount(node) : graph.incomingCount(node);
    }
    out.putUnsigned(count);
    out.put(':');
    out.put(' ');
    out.put('[');
    for (int i = 0; i < count; i++) {
      out.ensure(ELEMENT_BYTES);
      if (i > 0) {
        out.put(',');
        out.put(' ');
      }
      int other =
          isOut ? graph.successor(graph.firstOutgoing(node) + i) : graph.predecessor(node, i);
      out.putUnsigned(graph.taskId(other));
    }
    out.ensure(ChromeTraceWriter.MAX_EVENT_BYTES);
    out.put(']');
  }

  private void putPhase(Slice slice) {
    PhaseRow phase = slice.phase;
    out.put(PHASE);
    out.put(phase.kind == null ? UNKNOWN : KIND_NAMES.get(phase.kind.ordinal()));
    out.putNumber(LOOP_ITER, Integer.toUnsignedLong(phase.loopIter));
    out.putNumber(TASKS_PROCESSED, Integer.toUnsignedLong(phase.tasksProcessed));
    out.put(AT_START);
    putDepths(phase.depthAtStart);
    out.put(AT_END);
    putDepths(phase.depthAtEnd);
    out.put(QUOTE);
    if (phase.isCompleting()) {
      out.putNumber(FINISHES, Integer.toUnsignedLong(phase.tasksProcessed));
      if (facts.isChip()) {
        out.putNumber(FINISH_ROWS, slice.finishes);
      }
    }
  }

  private void putDepths(short[] depths) {
    for (int i = 0; i < depths.length; i++) {
      if (i > 0) {
        out.put(',');
      }
      out.putSigned(depths[i]);
    }
  }
}
