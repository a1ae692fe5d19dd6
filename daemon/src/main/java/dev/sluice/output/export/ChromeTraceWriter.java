package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The Trace Event Format of chrome://tracing, as the runtime's own converter writes it (abi.md
 * 6.4): complete events, counters and flow events, one a line, times in microseconds.
 */
final class ChromeTraceWriter implements TraceSink {
  /** Longest event, names and lists aside. */
  static final int MAX_EVENT_BYTES = 4096;

  private static final byte[] SLICE = text("{\"ph\":\"X\",");
  private static final byte[] TS = text("\"ts\":");
  private static final byte[] DUR = text(",\"dur\":");
  private static final byte[] NAME = text(",\"name\":\"");
  private static final byte[] CATEGORY = text("\",\"cat\":\"");
  private static final byte[] COLOUR = text("\",\"cname\":\"");
  private static final byte[] ID = text("\",\"id\":");
  private static final byte[] QUOTE = text("\"");
  private static final byte[] ARGS = text(",\"args\":{");
  private static final byte[] END = text("}}");
  private static final byte[] COUNTER = text("{\"ph\":\"C\",");
  private static final byte[] QUEUE_DEPTH =
      text(",\"name\":\"shared_ready_queue\",\"cat\":\"queue\",\"args\":{\"AIC\":");
  private static final byte[] AIV = text(",\"AIV\":");
  private static final byte[] MIX = text(",\"MIX\":");
  private static final byte[] FLOW_START = text("{\"ph\":\"s\",\"cat\":\"flow\",");
  private static final byte[] FLOW_END = text("{\"ph\":\"f\",\"bp\":\"e\",\"cat\":\"flow\",");
  private static final byte[] FLOW_ID = text("\",\"id\":");
  private static final byte[] BIND_ID = text(",\"bind_id\":");
  private static final byte[] INPUTS = text("\"input_task_count\":");
  private static final byte[] OUTPUTS = text(",\"output_task_count\":");
  private static final byte[] SUBMIT_COLOUR = text("rail_animation");

  private final ChromeArguments arguments;
  private final SliceNames names;
  private final ByteOutput out;
  private final List<byte[]> colours = new ArrayList<>();
  private final List<byte[]> categories = new ArrayList<>();
  private final List<byte[]> flowNames = new ArrayList<>();
  private final List<byte[]> lanePrefixes = new ArrayList<>();
  private boolean isFirst = true;
  private long flowIds;

  ChromeTraceWriter(TraceFacts facts, ExportRequest request, ByteOutput out) throws IOException {
    arguments = new ChromeArguments(facts, request.graph(), out);
    names = new SliceNames(request.names());
    this.out = out;
    for (SchedPhaseKind kind : SchedPhaseKind.ALL) {
      String colour = colour(kind);
      colours.add(colour.isEmpty() ? null : text(colour));
    }
    for (Slice.Type type : Slice.Type.values()) {
      categories.add(text(type.category()));
    }
    for (Flow.Type type : Flow.Type.values()) {
      flowNames.add(text(type.label()));
    }
    out.putText("{\"traceEvents\":[");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Names from the viewer's palette; the same as the runtime's converter uses. */
  private static String colour(SchedPhaseKind kind) {
    return switch (kind) {
      case COMPLETE -> "good";
      case DISPATCH -> "terrible";
      case RELEASE -> "olive";
      case WIRE -> "thread_state_running";
      case DUMMY -> "grey";
      case EARLY_DISPATCH, GRAPH_PREPARE -> "rail_animation";
      case RESOLVE -> "vsync_highlight_color";
      case DRAIN -> "cq_build_running";
      case DRAIN_PREPARE -> "cq_build_attempt_runnable";
      case DRAIN_PUBLISH -> "cq_build_attempt_passed";
      case ASYNC_POLL -> "yellow";
      case DUMMY_TASK,
          PREDICATED_SKIP,
          RESOLVE_STANDALONE,
          BOOTSTRAP,
          STATE_PROBE,
          WORKSTEAL,
          REFILL,
          IDLE ->
          "";
    };
  }

  @Override
  public void process(int pid, String name, int sortIndex) throws IOException {
    String start = "{\"ph\":\"M\",\"cat\":\"__metadata\",\"pid\":" + pid + ",\"name\":\"process_";
    beginEvent();
    out.putText(start + "name\",\"args\":{\"name\":\"" + JsonText.escape(name) + "\"}}");
    beginEvent();
    out.putText(start + "sort_index\",\"args\":{\"sort_index\":" + sortIndex + "}}");
  }

  @Override
  public void lane(Lane lane, int sortIndex) throws IOException {
    String place = "\"pid\":" + lane.pid() + ",\"tid\":" + lane.tid() + ",";
    lanePrefixes.add(text(place));
    String start = "{\"ph\":\"M\",\"cat\":\"__metadata\"," + place + "\"name\":\"thread_";
    beginEvent();
    out.putText(start + "name\",\"args\":{\"name\":\"" + JsonText.escape(lane.name()) + "\"}}");
    if (sortIndex != NO_SORT_INDEX) {
      beginEvent();
      out.putText(start + "sort_index\",\"args\":{\"sort_index\":" + sortIndex + "}}");
    }
  }

  private void beginEvent() throws IOException {
    out.ensure(MAX_EVENT_BYTES);
    if (!isFirst) {
      out.put(',');
    }
    isFirst = false;
    out.put('\n');
  }

  @Override
  public void slice(Slice slice) throws IOException {
    beginEvent();
    out.put(SLICE);
    out.put(lanePrefixes.get(slice.lane.index()));
    out.putMicros(TS, slice.beginNs);
    out.putMicros(DUR, slice.durationNs());
    out.put(NAME);
    putName(slice);
    out.put(CATEGORY);
    out.put(categories.get(slice.type.ordinal()));
    byte[] colour = colour(slice);
    if (colour != null) {
      out.put(COLOUR);
      out.put(colour);
    }
    if (slice.type.hasId()) {
      out.putNumber(ID, slice.id);
    } else {
      out.put(QUOTE);
    }
    out.put(ARGS);
    arguments.put(slice);
    out.put(END);
  }

  private byte[] colour(Slice slice) {
    if (slice.type == Slice.Type.SUBMIT) {
      return SUBMIT_COLOUR;
    }
    return slice.phase == null || slice.phase.kind == null
        ? null
        : colours.get(slice.phase.kind.ordinal());
  }

  private void putName(Slice slice) throws IOException {
    out.ensure(MAX_EVENT_BYTES + names.maxBytes(slice));
    byte[] bytes = out.chunk();
    int start = out.position();
    int end = names.put(bytes, start, slice);
    for (int i = start; i < end; i++) {
      // Names of kernels come from a file that a person wrote.
      if (JsonText.needsEscape(bytes[i])) {
        out.putText(JsonText.escape(new String(bytes, start, end - start, StandardCharsets.UTF_8)));
        out.ensure(MAX_EVENT_BYTES);
        return;
      }
    }
    out.moveTo(end);
  }

  @Override
  public void queueDepth(Lane queue, Lane phase, long timeNs, short[] depths) throws IOException {
    beginEvent();
    out.put(COUNTER);
    out.put(lanePrefixes.get(queue.index()));
    out.putMicros(TS, timeNs);
    out.put(QUEUE_DEPTH);
    out.putSigned(depths[0]);
    out.put(AIV);
    out.putSigned(depths[1]);
    out.put(MIX);
    out.putSigned(depths[2]);
    out.put(END);
  }

  @Override
  public boolean drawsFlows() {
    return true;
  }

  @Override
  public void flow(Flow flow) throws IOException {
    flowIds++;
    putFlow(FLOW_START, flow, flow.from, flow.fromNs);
    putFlow(FLOW_END, flow, flow.to, flow.toNs);
  }

  private void putFlow(byte[] start, Flow flow, Lane lane, long timeNs) throws IOException {
    beginEvent();
    out.put(start);
    out.put(lanePrefixes.get(lane.index()));
    out.putMicros(TS, timeNs);
    out.put(NAME);
    out.put(flowNames.get(flow.type.ordinal()));
    out.putNumber(FLOW_ID, flowIds);
    if (flow.bindId != 0) {
      out.putNumber(BIND_ID, flow.bindId);
    }
    if (flow.isDependency()) {
      out.put(ARGS);
      out.putNumber(INPUTS, flow.inputTasks);
      out.putNumber(OUTPUTS, flow.outputTasks);
      out.put('}');
    }
    out.put('}');
  }

  @Override
  public void finish() throws IOException {
    out.putText("\n]}\n");
  }
}
