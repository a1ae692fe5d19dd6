package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/** Captures that no device would write, or only a broken one: their export costs no more. */
class HostileContentTest {
  private static final int MANY = SubmitDrawer.OPEN_SUBMITS;

  private static SubmitRow submit(long taskId) {
    SubmitRow row = new SubmitRow();
    row.taskId = taskId;
    return row;
  }

  /** Adds many submissions, claims half of them from the first on, and removes the rest. */
  private static long stepsFor(boolean isLocal, IntToLongFunction ids) {
    SubmitTable table = new SubmitTable(MANY, isLocal);
    for (int i = 0; i < MANY; i++) {
      table.add(submit(ids.applyAsLong(i)), i);
    }
    assertTrue(table.isFull());
    for (int i = 0; i < MANY / 2; i++) {
      int slot =
          isLocal ? table.claimLocal((int) ids.applyAsLong(i)) : table.claim(ids.applyAsLong(i));
      assertTrue(slot != SubmitTable.NONE);
    }
    for (int i = MANY / 2; i < MANY; i++) {
      table.removeOldest();
    }
    assertTrue(table.isEmpty());
    return table.stepsPassed();
  }

  @Test
  void shouldFindSubmissionsInAFewStepsWhateverTheirIds() {
    for (boolean isLocal : new boolean[] {false, true}) {
      assertEquals(0, stepsFor(isLocal, i -> 7), "all equal");
      assertEquals(0, stepsFor(isLocal, i -> i), "counted up");
    }
    assertTrue(stepsFor(false, i -> (long) i << 32 | 5) < 4L * MANY, "equal locals");
    assertTrue(stepsFor(false, i -> (long) i << 17) < 4L * MANY, "equal low bits");
    assertTrue(stepsFor(true, i -> Integer.toUnsignedLong(i * (1 << 15))) < 4L * MANY, "strided");
  }

  @Test
  void shouldClaimTheNewestOfEqualIdsAndRemoveTheOldestFirst() {
    SubmitTable table = new SubmitTable(4, true);
    for (int i = 0; i < 4; i++) {
      table.add(submit(i % 2), i);
    }
    assertEquals(3, table.ordinal(table.claim(1)));
    assertEquals(2, table.ordinal(table.claimLocal(0)));
    assertEquals(0, table.ordinal(table.removeOldest()));
    table.add(submit(9), 4);
    assertEquals(1, table.ordinal(table.removeOldest()));
    assertEquals(SubmitTable.NONE, table.claim(1));
    assertEquals(4, table.ordinal(table.removeOldest()));
    assertTrue(table.isEmpty());
  }

  @Test
  void shouldFindTasksInAFewStepsWhateverTheirIds() {
    for (int shift : new int[] {0, 14, 20, 32, 40}) {
      TaskIndex index = new TaskIndex();
      TaskRow[] rows = new TaskRow[1 << 16];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = new TaskRow();
        rows[i].taskId = (long) i << shift;
        index.add(rows[i]);
      }
      for (TaskRow row : rows) {
        index.remove(row);
      }
      // Four times as many tasks as buckets: a few steps for each are the chains' usual length.
      assertTrue(index.stepsPassed() < 16L * rows.length, shift + ": " + index.stepsPassed());
    }
  }

  private static TraceBuilder builder() {
    return new TraceBuilder(TraceBuilder.CHIP, 4, 1, 2, 1000).coreToThread(List.of(0, 0, 1));
  }

  private static PerfettoTrace perfetto(RecordSource source) throws IOException {
    return new PerfettoTrace(Exports.bytes(source, ExportRequest.of(ExportFormat.PERFETTO)));
  }

  private static void export(TraceBuilder builder) throws IOException {
    RecordSource source = builder.build();
    List<Map<String, Object>> events = Exports.events(source, Exports.chrome());
    PerfettoTrace trace = perfetto(source);
    assertEquals(
        events.stream().filter(event -> event.get("ph").equals("X")).count(), trace.slices.size());
  }

  /** One event with the arrows of all of them is larger than a chunk of output. */
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
    // Three arrows leave or pass the phase for each task: its kernel, its bar, its submission.
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
  void shouldSayHowManyWaitedForAPhaseInVain() throws IOException {
    int tasks = (1 << 16) + 5000;
    TraceBuilder builder = builder();
    builder.phase(0, SchedPhaseKind.WIRE, 1, 2, 1, 0);
    for (int i = 0; i < tasks; i++) {
      builder.aicore(0, i, i, 30 + i, 31 + i, 1);
      builder.aicpu(0, i, 20 + i, 40 + i);
    }
    Exporter exporter =
        new Exporter(builder.build(), ExportRequest.of(ExportFormat.PERFETTO), ExportMonitor.NONE);
    ExportSummary summary = exporter.toStream(java.io.OutputStream.nullOutputStream());
    assertEquals(tasks, summary.rows());
    assertEquals(5000, summary.givenUp());
  }

  @Test
  void shouldKeepTheClockWithinItsAxis() {
    for (long hz : new long[] {50_000_000, 1_000_000_000, 3_333_333}) {
      TraceClock clock = new TraceClock(10, hz);
      assertEquals(0, clock.ns(3));
      assertEquals(TraceClock.MAX_NS, clock.ns(-1));
      assertEquals(1_000_000_000, clock.ns(10 + hz));
      assertEquals(10 + 2 * hz, clock.ticks(2_000_000_000));
    }
    assertEquals(-1, new TraceClock(-5, 1_000_000_000).ticks(Long.MAX_VALUE), "no wrap");
  }
}
