package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Captures that only a broken device would write: their export must not cost more. */
class HostileContentTest {
  private static TraceBuilder builder() {
    return new TraceBuilder(TraceBuilder.CHIP, 4, 1, 2, 1000).coreToThread(List.of(0, 0, 1));
  }

  private static PerfettoTrace perfetto(CaptureSource source) throws IOException {
    return new PerfettoTrace(Exports.bytes(source, ExportRequest.of(ExportFormat.PERFETTO)));
  }

  private static void export(TraceBuilder builder) throws IOException {
    CaptureSource source = builder.build();
    List<Map<String, Object>> events = Exports.events(source, Exports.chrome());
    PerfettoTrace trace = perfetto(source);
    assertEquals(
        events.stream().filter(event -> event.get("ph").equals("X")).count(), trace.slices.size());
  }

  /** One event with the arrows of all tasks exceeds a chunk of output. */
  @Test
  void shouldDrawOnePhaseThatDispatchesEverything() throws IOException {
    int tasks = 60_000;
    TraceBuilder builder = builder();
    for (int i = 0; i < tasks; i++) {
      builder.submit(0, i, i, 10, 11);
      builder.aicore(0, i, i, 30 + 10L * i, 35 + 10L * i, 1);
      builder.aicpu(0, i, 20 + 10L * i, 39 + 10L * i);
    }
    builder.phase(0, SchedPhaseKind.DISPATCH, 15, 1_000_000, 1, tasks);
    PerfettoTrace trace = perfetto(builder.build());
    // Three arrows per task leave or pass the phase: to its kernel, its bar and its submission.
    assertEquals(3 * tasks, trace.arrows.size());
  }

  @Test
  void shouldDrawTimesThatNoClockReaches() throws IOException {
    TraceBuilder builder = builder();
    for (int i = 0; i < 50; i++) {
      long huge = i % 2 == 0 ? -1 - i : Long.MAX_VALUE - i;
      builder.submit(0, i, i, huge, i);
      builder.aicore(0, i, i, huge, 5000 - i, -1);
      builder.aicpu(0, i, i % 3 == 0 ? 0 : 9000 - i, huge);
      builder.phase(0, i % 7, i % 5 == 0 ? huge : 0, huge, i, -i);
    }
    export(builder);
  }

  @Test
  void shouldDrawEqualIdsTokensAndTimes() throws IOException {
    TraceBuilder builder = builder();
    for (int i = 0; i < 5000; i++) {
      builder.submit(0, 0, 7, 100, 100);
      builder.aicore(2, 7, 7, 100, 100, 0);
      builder.aicpu(2, 7, 100, 100);
      builder.phase(1, i % 3 == 0 ? 0x7FFFFFFF - i : i % 2, 100, 100, 1, 1 << 30);
    }
    export(builder);
  }

  @Test
  void shouldSayHowManyFinishedBeyondThePhasesThatAreReadAhead() throws IOException {
    TraceBuilder builder = builder();
    builder.aicore(0, 1, 0, 30, 31, 1).aicpu(0, 0, 20, 4_000_000);
    for (int i = 0; i < (1 << 16) + 10; i++) {
      builder.phase(0, SchedPhaseKind.WIRE, 10 + 2 * i, 11 + 2 * i, i, 0);
    }
    builder.aicore(0, 2, 1, 4_000_000, 4_000_001, 1).aicpu(0, 1, 3_999_999, 4_000_002);
    builder.submit(0, 0, 7, 4_000_000, 4_000_001);
    ExportSummary summary =
        Exports.exporter(builder.build(), ExportRequest.of(ExportFormat.PERFETTO))
            .toStream(java.io.OutputStream.nullOutputStream());
    assertEquals(1, summary.counts().givenUp);
  }

  /** Ids that are equal or share their low bits are found as fast as others. */
  @Test
  void shouldDrawManyTasksWithIdsThatAreAlike() throws IOException {
    for (int shift : new int[] {0, 17, 32, 40, 63}) {
      TraceBuilder builder = builder();
      int tasks = 30_000;
      for (int i = 0; i < tasks; i++) {
        builder.submit(0, i, (long) i << shift, 10 + i, 11 + i);
        builder.aicore(0, (long) i << shift, i, 30 + 10L * i, 35 + 10L * i, 1);
        builder.aicpu(0, i, 20 + 10L * i, 39 + 10L * i);
      }
      PerfettoTrace trace = perfetto(builder.build());
      assertTrue(trace.slices.size() >= 3 * tasks, shift + ": " + trace.slices.size());
    }
  }
}
