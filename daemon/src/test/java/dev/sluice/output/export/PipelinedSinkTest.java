package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PipelinedSinkTest {
  /** Every call with all that a format may look at, as text. */
  private static final class Recorder implements TraceSink {
    final List<String> calls = new ArrayList<>();
    private final SliceNames names =
        new SliceNames(new NameMap(Map.of(1, "matmul", 2, "gather_spmd"), "attention"));

    @Override
    public void process(int pid, String name, int sortIndex) {
      calls.add("process " + pid + " " + name + " " + sortIndex);
    }

    @Override
    public void lane(Lane lane, int sortIndex) {
      calls.add("lane " + lane + " " + sortIndex);
    }

    @Override
    public void slice(Slice slice) {
      StringBuilder call = new StringBuilder("slice ");
      call.append(slice.type).append(' ').append(slice.lane).append(' ').append(name(slice));
      for (long value :
          new long[] {
            slice.id,
            slice.beginNs,
            slice.endNs,
            slice.taskId,
            slice.core,
            slice.funcId,
            slice.node,
            slice.finishes,
            slice.type == Slice.Type.SUBMIT ? slice.submitIdx : 0,
            slice.type == Slice.Type.KERNEL ? slice.setupNs : 0,
            slice.type == Slice.Type.KERNEL ? slice.kernelNs : 0
          }) {
        call.append(' ').append(value);
      }
      call.append(slice.isSpmd).append(slice.isPredicatedSkip);
      append(call, slice.beginFlows);
      append(call, slice.endFlows);
      if (slice.phase != null) {
        call.append(slice.phase.kindName())
            .append(slice.phase.loopIter)
            .append(' ')
            .append(slice.phase.tasksProcessed)
            .append(Arrays.toString(slice.phase.depthAtStart))
            .append(Arrays.toString(slice.phase.depthAtEnd));
      }
      calls.add(call.toString());
    }

    private String name(Slice slice) {
      byte[] bytes = new byte[names.maxBytes(slice) + Decimal.SPILL_BYTES];
      return new String(bytes, 0, names.put(bytes, 0, slice), StandardCharsets.UTF_8);
    }

    private static void append(StringBuilder call, LongList flows) {
      call.append(" [");
      for (int i = 0; i < flows.size(); i++) {
        call.append(flows.get(i)).append(' ');
      }
      call.append(']');
    }

    @Override
    public boolean drawsFlows() {
      return true;
    }

    @Override
    public void flow(Flow flow) {
      calls.add(
          "flow "
              + List.of(flow.type, flow.from, flow.fromNs, flow.to, flow.toNs, flow.bindId)
              + flow.inputTasks
              + " "
              + flow.outputTasks);
    }

    @Override
    public void queueDepth(Lane queue, Lane phase, long timeNs, short[] depths) {
      calls.add("depth " + queue + phase + timeNs + Arrays.toString(depths));
    }

    @Override
    public void finish() {
      calls.add("finish");
    }
  }

  private static void draw(Workload workload, TraceSink sink) throws IOException {
    RecordSource source = workload.builder.build();
    new TraceModel(
            source,
            TraceClock.of(source),
            ExportSelection.ALL,
            workload.graph(),
            NameMap.NONE,
            ExportMonitor.NONE,
            sink)
        .run();
  }

  @ParameterizedTest
  @ValueSource(strings = {TraceBuilder.CHIP, TraceBuilder.L2})
  void shouldMakeTheSameCallsAsTheModel(String layout) throws IOException {
    // Several batches long.
    Workload workload = new Workload(layout, 24, 20_000, 1, 1000);
    Recorder direct = new Recorder();
    draw(workload, direct);
    Recorder played = new Recorder();
    try (PipelinedSink sink = new PipelinedSink(played)) {
      draw(workload, sink);
    }
    assertTrue(direct.calls.size() > 100_000, direct.calls.size() + " calls");
    for (int i = 0; i < direct.calls.size(); i++) {
      assertEquals(direct.calls.get(i), played.calls.get(i));
    }
    assertEquals(direct.calls.size(), played.calls.size());
  }

  @Test
  void shouldCarryASliceWithMoreFlowsThanABatchHasRoomFor() throws IOException {
    Recorder direct = new Recorder();
    Recorder played = new Recorder();
    Lane lane = new Lane(0, 1, 2, "lane");
    Slice slice = new Slice().begin(Slice.Type.KERNEL, lane, 1, 2);
    for (int i = 0; i < 1_000_000; i++) {
      slice.beginFlows.add(i * 7L);
    }
    slice.endFlows.add(3);
    try (PipelinedSink sink = new PipelinedSink(played)) {
      for (TraceSink each : List.of(direct, sink)) {
        each.lane(lane, TraceSink.NO_SORT_INDEX);
        each.slice(slice);
        each.finish();
      }
    }
    // Too long to print.
    assertTrue(direct.calls.equals(played.calls));
  }

  @Test
  void shouldPassAFailureOfTheFormatOn() throws IOException {
    TraceSink failing =
        new PerfettoWriter(
            new Workload(TraceBuilder.CHIP, 3, 5, 1, 10).builder.facts(), NameMap.NONE, null);
    Workload workload = new Workload(TraceBuilder.CHIP, 3, 50, 1, 10);
    try (PipelinedSink sink = new PipelinedSink(failing)) {
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> draw(workload, sink));
      assertTrue(e.getCause() instanceof NullPointerException, e::toString);
      // The same again when it is closed, which is suppressed where something was thrown before.
      assertThrows(IllegalStateException.class, sink::finish);
    }
  }
}
