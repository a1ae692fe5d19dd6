package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.SchedPhaseKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Lengths are reserved before an event is known: every one that fits nowhere else must fit here.
 */
class PerfettoEventsTest {
  /** Sequences with long numbers, as a device with many cores has. */
  private static final int LANES = 20_000;

  private static Slice longest(Slice.Type type, Lane lane, long beginNs) {
    Slice slice = new Slice().begin(type, lane, beginNs, TraceClock.MAX_NS);
    slice.taskId = -1;
    slice.setupNs = -1;
    slice.submitIdx = -1;
    slice.isPredicatedSkip = type == Slice.Type.DUMMY;
    slice.finishes = -1;
    if (type == Slice.Type.PHASE) {
      PhaseRow phase = new PhaseRow();
      phase.kind = SchedPhaseKind.COMPLETE;
      phase.loopIter = -1;
      phase.tasksProcessed = -1;
      for (short[] depths : new short[][] {phase.depthAtStart, phase.depthAtEnd}) {
        Arrays.fill(depths, (short) -1);
      }
      slice.phase = phase;
    }
    return slice;
  }

  private static PerfettoTrace written(NameMap names, List<Slice> slices) throws IOException {
    TraceFacts facts = new Workload(TraceBuilder.CHIP, 3, 5, 1, 10).builder.facts();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ByteOutput out = new ByteOutput(bytes)) {
      PerfettoWriter writer = new PerfettoWriter(facts, names, out);
      for (int i = 0; i <= LANES; i++) {
        writer.lane(lane(i), TraceSink.NO_SORT_INDEX);
      }
      for (Slice slice : slices) {
        writer.slice(slice);
      }
      writer.finish();
    }
    return new PerfettoTrace(bytes.toByteArray());
  }

  private static Lane lane(int index) {
    return new Lane(index, View.WORKER.pid(), index, "lane");
  }

  @ParameterizedTest
  @EnumSource
  void shouldFitTheLongestEventOfEveryTypeIntoItsLength(Slice.Type type) throws IOException {
    List<Slice> slices = new ArrayList<>();
    int arrows = 0;
    for (int flows = 0; flows < 10; flows++) {
      Lane lane = lane(LANES - flows);
      Slice first = longest(type, lane, TraceClock.MAX_NS / 2);
      // Before the first one: a time that the incremental clock cannot say is longer.
      Slice second = longest(type, lane, TraceClock.MAX_NS / 2 - 1);
      for (int i = 0; i < flows; i++) {
        arrows++;
        first.beginFlows.add(-arrows);
        second.endFlows.add(-arrows);
      }
      slices.addAll(List.of(first, second));
    }
    PerfettoTrace trace = written(NameMap.NONE, slices);
    assertEquals(slices.size(), trace.slices.size());
    for (PerfettoTrace.SliceRead slice : trace.slices) {
      assertEquals(type.category(), slice.category);
      assertEquals(TraceClock.MAX_NS, slice.endNs);
    }
    assertEquals(arrows, trace.arrows.size());
  }

  /** Every length of a name, over each place where its message needs a longer one. */
  @Test
  void shouldFitNamesOfEveryLength() throws IOException {
    Map<Integer, String> names = new HashMap<>();
    List<Slice> slices = new ArrayList<>();
    for (int length = 1; length < 20_000; length += length < 300 ? 1 : 331) {
      names.put(length, "n".repeat(length));
      for (int before = 0; before < 2; before++) {
        Slice slice = longest(Slice.Type.KERNEL, lane(length), TraceClock.MAX_NS / 2 - before);
        slice.funcId = length;
        slices.add(slice);
      }
    }
    PerfettoTrace trace = written(new NameMap(names, ""), slices);
    assertEquals(slices.size(), trace.slices.size());
    for (PerfettoTrace.SliceRead slice : trace.slices) {
      assertEquals(names.get((int) slice.track) + "(r4294967295t4294967295)", slice.name);
      assertEquals(-1, slice.annotations.get("taskId"));
    }
  }
}
