package dev.sluice.output.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Writes the Trace Event Format of chrome://tracing, with the arguments of the runtime's own
 * converter: complete events, counters and flow events, times in microseconds.
 */
final class ChromeWriter implements TraceSink {
  private static final SerializedString PH = new SerializedString("ph");
  private static final SerializedString PID = new SerializedString("pid");
  private static final SerializedString TID = new SerializedString("tid");
  private static final SerializedString TS = new SerializedString("ts");
  private static final SerializedString DUR = new SerializedString("dur");
  private static final SerializedString NAME = new SerializedString("name");
  private static final SerializedString CAT = new SerializedString("cat");
  private static final SerializedString ID = new SerializedString("id");
  private static final SerializedString ARGS = new SerializedString("args");

  /** Argument names of the runtime's converter. */
  private static final SerializedString[] ARG_NAMES =
      Arrays.stream(Slice.Arg.values())
          .map(
              arg ->
                  switch (arg.form) {
                    case NUMBER, FLAG -> arg.text;
                    case NS -> arg.text + "_us";
                    case DEPTHS -> "shared_" + arg.text + " (aic,aiv,mix)";
                  })
          .map(SerializedString::new)
          .toArray(SerializedString[]::new);

  private final JsonGenerator json;
  private final TaskGraph graph;
  private final char[] digits = new char[32];

  ChromeWriter(OutputStream out, TaskGraph graph) throws IOException {
    this.graph = graph;
    json =
        new JsonFactory()
            .createGenerator(out)
            .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
  }

  /** Writes an unsigned 64-bit number without losing bits. */
  static void unsigned(JsonGenerator json, long value) throws IOException {
    if (value >= 0) {
      json.writeNumber(value);
    } else {
      json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
    }
  }

  @Override
  public void begin(Map<String, Object> facts, Clocks clocks) throws IOException {
    json.writeStartObject();
    json.writeStringField("displayTimeUnit", "ns");
    json.writeObjectFieldStart("otherData");
    for (Map.Entry<String, Object> fact : facts.entrySet()) {
      json.writeStringField(fact.getKey(), String.valueOf(fact.getValue()));
    }
    json.writeStringField("time_zero_ns", String.valueOf(clocks.traceNs()));
    json.writeStringField("clock_monotonic_ns", String.valueOf(clocks.monotonicNs()));
    json.writeStringField("clock_realtime_ns", String.valueOf(clocks.realtimeNs()));
    json.writeStringField("clock_boottime_ns", String.valueOf(clocks.boottimeNs()));
    json.writeEndObject();
    json.writeArrayFieldStart("traceEvents");
  }

  @Override
  public void process(int pid, String name, int sortIndex, String label) throws IOException {
    metadata(pid, -1, "process_name", "name", name);
    metadata(pid, -1, "process_sort_index", "sort_index", sortIndex);
    if (!label.isEmpty()) {
      metadata(pid, -1, "process_labels", "labels", label);
    }
  }

  @Override
  public void lane(Lane lane) throws IOException {
    if (lane.series.length == 0) {
      metadata(lane.pid, lane.tid, "thread_name", "name", lane.name);
      metadata(lane.pid, lane.tid, "thread_sort_index", "sort_index", lane.rank);
    }
  }

  private void metadata(int pid, int tid, String name, String key, Object value)
      throws IOException {
    open("M");
    string(CAT, "__metadata");
    number(PID, pid);
    if (tid >= 0) {
      number(TID, tid);
    }
    string(NAME, name);
    json.writeFieldName(ARGS);
    json.writeStartObject();
    if (value instanceof Integer number) {
      json.writeNumberField(key, number);
    } else {
      json.writeStringField(key, value.toString());
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void open(String phase) throws IOException {
    json.writeRaw('\n');
    json.writeStartObject();
    string(PH, phase);
  }

  private void string(SerializedString key, String value) throws IOException {
    json.writeFieldName(key);
    json.writeString(value);
  }

  private void number(SerializedString key, long value) throws IOException {
    json.writeFieldName(key);
    json.writeNumber(value);
  }

  private void place(Lane lane, long ns) throws IOException {
    number(PID, lane.pid);
    number(TID, lane.tid);
    json.writeFieldName(TS);
    micros(ns);
  }

  private void micros(String key, long ns) throws IOException {
    json.writeFieldName(key);
    micros(ns);
  }

  /** Writes nanoseconds as microseconds with three decimals. */
  private void micros(long ns) throws IOException {
    int at = digits.length;
    long left = Math.abs(ns);
    for (int i = 0; left != 0 || i < 4; i++) {
      if (i == 3) {
        digits[--at] = '.';
      }
      digits[--at] = (char) ('0' + left % 10);
      left /= 10;
    }
    if (ns < 0) {
      digits[--at] = '-';
    }
    json.writeRawValue(digits, at, digits.length - at);
  }

  @Override
  public void slice(Slice slice) throws IOException {
    open("X");
    place(slice.lane, slice.beginNs);
    json.writeFieldName(DUR);
    micros(slice.durationNs());
    string(NAME, slice.name.text());
    string(CAT, slice.type.category);
    if (!slice.name.colour().isEmpty()) {
      json.writeStringField("cname", slice.name.colour());
    }
    json.writeFieldName(ARGS);
    json.writeStartObject();
    arguments(slice);
    json.writeEndObject();
    json.writeEndObject();
    arrows(slice, slice.atBegin);
    arrows(slice, slice.atEnd);
  }

  private void arguments(Slice slice) throws IOException {
    if (slice.type == Slice.Type.KERNEL) {
      kernel(slice);
    } else if (slice.type == Slice.Type.SCHEDULED) {
      micros("aicpu-duration-us", slice.durationNs());
    }
    for (int i = 0; i < slice.argCount; i++) {
      Slice.Arg arg = slice.args[i];
      long value = slice.values[i];
      json.writeFieldName(ARG_NAMES[arg.ordinal()]);
      switch (arg.form) {
        case NUMBER -> unsigned(json, value);
        case NS -> micros(value);
        case FLAG -> json.writeBoolean(value != 0);
        case DEPTHS ->
            json.writeString(
                Row.Phase.depth(value, 0)
                    + ","
                    + Row.Phase.depth(value, 1)
                    + ","
                    + Row.Phase.depth(value, 2));
      }
    }
  }

  private void kernel(Slice slice) throws IOException {
    json.writeStringField("task", slice.source.taskName(slice.task.taskId));
    json.writeNumberField("func_id", slice.funcId);
    json.writeNumberField("core", slice.task.core);
    if (slice.task.node != TaskGraph.NO_NODE) {
      json.writeStringField("fanout-hint", fan(graph.successors(slice.task.node)));
      json.writeStringField("fanin-hint", fan(graph.predecessors(slice.task.node)));
    }
    micros("duration-us", slice.durationNs());
    TraceClock clock = slice.source.clock();
    micros("kernel-duration-us", clock.lengthNs(slice.task.end - slice.task.start));
  }

  /** {@code 2: [4294967297, 4294967298]}. */
  private String fan(int... nodes) {
    return nodes.length
        + ": "
        + Arrays.stream(nodes).mapToObj(node -> Long.toUnsignedString(graph.taskId(node))).toList();
  }

  private void arrows(Slice slice, List<Row.Arrow> arrows) throws IOException {
    for (Row.Arrow arrow : arrows) {
      open(arrow.isOut() ? "s" : "f");
      if (!arrow.isOut()) {
        json.writeStringField("bp", "e");
      }
      long ns = slice.source.clock().ns(arrow.ticks());
      place(slice.lane, Math.max(slice.beginNs, Math.min(slice.endNs, ns)));
      string(NAME, arrow.type().label);
      string(CAT, "flow");
      number(ID, arrow.id());
      json.writeEndObject();
    }
  }

  @Override
  public void values(Lane counter, long timeNs, long... values) throws IOException {
    open("C");
    place(counter, timeNs);
    string(NAME, counter.name);
    string(CAT, "queue");
    json.writeFieldName(ARGS);
    json.writeStartObject();
    for (int i = 0; i < values.length; i++) {
      json.writeNumberField(counter.series[i], values[i]);
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  @Override
  public void finish() throws IOException {
    json.writeEndArray();
    json.writeEndObject();
    json.writeRaw('\n');
    json.flush();
  }
}
