package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.tool.Console;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.ExportCommand;
import dev.sluice.tool.StopSignal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How traces show losses, impossible times, dependencies, and several captures. */
class TruthfulTraceTest {
  private static final ExportRequest PERFETTO = ExportRequest.of(ExportFormat.PERFETTO);

  @TempDir private Path folder;

  /** Tasks of one core, with dispatch and complete phases; a tick is 20 ns. */
  private static TraceBuilder tasks(int count) {
    TraceBuilder builder =
        new TraceBuilder(TraceBuilder.CHIP, 4, 1, 1, 100).coreToThread(List.of(0, 0));
    for (int i = 0; i < count; i++) {
      long at = 1000 + 100L * i;
      builder
          .submit(0, i, i, at, at + 5)
          .phase(0, SchedPhaseKind.DISPATCH, at + 8, at + 15, 2 * i, 1)
          .aicore(0, i, i, at + 20, at + 60, 2)
          .aicpu(0, i, at + 10, at + 75)
          .phase(0, SchedPhaseKind.COMPLETE, at + 70, at + 80, 2 * i + 1, 1);
    }
    return builder;
  }

  private static PerfettoTrace trace(CaptureSource source) throws IOException {
    return new PerfettoTrace(Exports.bytes(source, PERFETTO));
  }

  private static ExportSummary summary(CaptureSource source, ExportRequest request)
      throws IOException {
    return Exports.exporter(source, request).toStream(OutputStream.nullOutputStream());
  }

  private static List<PerfettoTrace.SliceRead> in(PerfettoTrace trace, String process) {
    return trace.slices.stream()
        .filter(slice -> trace.place(slice.track).contains(process))
        .toList();
  }

  @Test
  void shouldDrawLossesAndStallsWhereTheyWere() throws IOException {
    CaptureSource source =
        tasks(50)
            .drop(BufferKind.ORCH_PHASE, -1, DropCause.UNKNOWN, 7, 2_000_000)
            .drop(BufferKind.AICPU_TASK, 1, DropCause.HOST_LATE, 123, 2_100_000)
            .stall(BufferKind.AICPU_TASK, 1, 3, 2_000, 2500)
            .stall(null, 1, 2, 1_000, 2500)
            .build();
    PerfettoTrace trace = trace(source);
    List<PerfettoTrace.SliceRead> lost = in(trace, "Lost records");
    assertEquals(
        Set.of(
            "5 Lost records/aicpu_task core 1: lost: host_late 123",
            "5 Lost records/orch_phase: lost: unknown 7",
            "5 Lost records/stalls, pop gate aicpu_task core 1: waited to pop null",
            "5 Lost records/stalls, push gate thread 1: waited to push null"),
        lost.stream()
            .map(
                slice ->
                    trace.place(slice.track)
                        + ": "
                        + slice.name
                        + " "
                        + slice.annotations.get("records"))
            .collect(Collectors.toSet()));
    assertEquals(
        List.of(7L, 130L),
        trace.counters.stream()
            .filter(counter -> trace.tracks.get(counter.track()).name().startsWith("lost"))
            .map(PerfettoTrace.Counter::value)
            .toList());
    assertEquals(
        4,
        Exports.events(source, Exports.chrome()).stream()
            .filter(event -> event.get("ph").equals("X") && event.get("pid").equals(5))
            .count());
    assertEquals(
        List.of("aicpu_task core 1", "orch_phase"),
        Exports.events(source, Exports.chrome()).stream()
            .filter(event -> event.get("name").equals("thread_name") && event.get("pid").equals(5))
            .map(event -> ((Map<?, ?>) event.get("args")).get("name"))
            .limit(2)
            .toList(),
        "by kind and core");
    assertThrows(
        ExportException.class,
        () -> Exports.exporter(source, Exports.part(ExportFormat.PERFETTO, 200_000_000, 0)));
    ExportSummary of = summary(source, Exports.part(ExportFormat.PERFETTO, 0, 50_000));
    assertEquals(Map.of("host_late", 123L, "unknown", 7L), of.missing(), "may lie in the window");
  }

  /** A submission without a task counts as an allocation only if no task can be missing. */
  @Test
  void shouldNotTakeATaskThatIsElsewhereForAnAllocation() throws IOException {
    TraceBuilder builder = tasks(5).submit(0, 5, 99, 1500, 1510);
    assertEquals(1, allocs(builder.build(), PERFETTO));
    assertEquals(0, allocs(builder.build(), Exports.part(ExportFormat.PERFETTO, 0, 15_000)));
    assertEquals(0, allocs(builder.build(), Exports.part(ExportFormat.PERFETTO, 0, 0, 1)));
    builder.drop(BufferKind.ORCH_PHASE, 0, DropCause.HOST_LATE, 1, 1400);
    assertEquals(1, allocs(builder.build(), PERFETTO));
    builder.drop(BufferKind.AICPU_TASK, 0, DropCause.HOST_LATE, 1, 1400);
    assertEquals(0, allocs(builder.build(), PERFETTO));
  }

  private static long allocs(CaptureSource source, ExportRequest request) throws IOException {
    return new PerfettoTrace(Exports.bytes(source, request))
        .slices.stream().filter(slice -> slice.name.equals("alloc")).count();
  }

  /** A loss is located only as precisely as the clock, within 25 ms here. */
  @Test
  void shouldNotLeaveALossOutOfAWindowInWhichItMayLie() throws IOException {
    CaptureSource source =
        tasks(50)
            .drop(BufferKind.AICPU_TASK, 1, DropCause.HOST_LATE, 5, 1000)
            .drop(BufferKind.AICPU_TASK, 1, DropCause.HOST_LATE, 7, 1500)
            .build();
    assertTrue(source.clock().errorNs() > 1_000_000, () -> source.clock().errorNs() + "");
    ExportRequest request = Exports.part(ExportFormat.PERFETTO, 50_000, 60_000);
    assertEquals(Map.of("host_late", 12L), summary(source, request).missing());
    PerfettoTrace trace = new PerfettoTrace(Exports.bytes(source, request));
    List<PerfettoTrace.SliceRead> lost = in(trace, "Lost records");
    assertEquals(
        List.of("50000 to 60000: 12"),
        lost.stream()
            .map(s -> s.beginNs + " to " + s.endNs + ": " + s.annotations.get("records"))
            .toList(),
        "anywhere in it");
  }

  @Test
  void shouldExitWith3WhereLossesMatterToTheCaller() throws IOException {
    Path whole = folder.resolve("whole");
    tasks(20).writeTo(whole);
    assertEquals(ExitCode.FINE, strict(whole).run());
    Path lossy = folder.resolve("lossy");
    tasks(20).drop(BufferKind.AICPU_TASK, 1, DropCause.HOST_LATE, 123, 2000).writeTo(lossy);
    Strict all = strict(lossy);
    assertEquals(ExitCode.RECORDS_LOST, all.run());
    assertTrue(Files.size(all.output) > 0, "the file is there all the same");
    all.arguments.remove("--strict");
    all.arguments.add("--force");
    assertEquals(ExitCode.FINE, all.run());
  }

  private record Strict(Console console, List<String> arguments, Path output) {
    int run() {
      return console.run(arguments.toArray(String[]::new));
    }
  }

  private Strict strict(Path capture) {
    Path output = folder.resolve(capture.getFileName() + ".pftrace");
    return new Strict(
        new Console(new ExportCommand(new StopSignal())),
        new ArrayList<>(
            List.of(
                "export",
                capture.toString(),
                "--format",
                "perfetto",
                "-o",
                output.toString(),
                "--strict")),
        output);
  }

  @Test
  void shouldWriteTablesOfGapsAndStalls() throws IOException {
    Path tables = folder.resolve("tables");
    CaptureSource source =
        tasks(20)
            .drop(BufferKind.AICPU_TASK, 1, DropCause.HOST_LATE, 123, 2000)
            .stall(BufferKind.AICPU_TASK, 1, 3, 2_000, 2500)
            .stall(null, 1, 2, 1_000, 2500)
            .build();
    Exports.exporter(source, ExportRequest.of(ExportFormat.CSV)).toFile(tables, false);
    List<String> gaps = Files.readAllLines(tables.resolve("gaps.csv"));
    assertTrue(gaps.get(1).startsWith("aicpu_task,1,host_late,device,123,0,"), gaps.get(1));
    List<String> stalls = Files.readAllLines(tables.resolve("stalls.csv"));
    assertTrue(stalls.get(1).startsWith("pop,aicpu_task,1,3,2000,"), stalls.get(1));
    assertTrue(stalls.get(2).startsWith("push,,1,2,1000,"), stalls.get(2));
    assertTrue(Files.readString(tables.resolve("README.txt")).contains("50000000 per second"));
    List<String> rows = Files.readAllLines(tables.resolve("aicpu_task.csv"));
    assertTrue(rows.get(1).endsWith(",1010,200,1075,1500"), rows.get(1));
  }

  /** Each of these once moved time 0 or stretched the trace with a single bar. */
  @Test
  void shouldNotLetOneImpossibleTimeStretchThePicture() throws IOException {
    long endNs =
        trace(tasks(60).build()).slices.stream().mapToLong(s -> s.endNs).max().orElseThrow();
    List<TraceBuilder> broken =
        List.of(
            tasks(60).aicore(1, 9, 0, 0, 0, 0),
            tasks(60).aicore(1, 9, 0, 1L << 63, 5, 0),
            tasks(60).aicore(1, 9, 0, 2000, -1, 0),
            tasks(60).aicore(1, 9, 0, 2000, 10, 0),
            tasks(60).aicore(1, 9, 0, 2000, 2010, -1).aicpu(1, 0, 1990, 2050),
            tasks(60).aicore(1, 9, 0, 2000, 2010, 1).aicpu(1, 0, 1990, -1),
            tasks(60).aicore(1, 9, 0, 2000, 2010, 1).aicpu(1, 0, 1L << 62, 2050),
            tasks(60).submit(0, 99, 999, 1L << 63, 5),
            tasks(60).submit(0, 99, 999, 3000, 0),
            tasks(60).phase(1, SchedPhaseKind.DISPATCH, 1L << 62, 10, 1, 1),
            tasks(60).phase(1, SchedPhaseKind.DISPATCH, 3000, 0, 1, 1));
    for (int i = 0; i < broken.size(); i++) {
      CaptureSource source = broken.get(i).build();
      PerfettoTrace trace = trace(source);
      assertEquals(0, trace.slices.stream().mapToLong(s -> s.beginNs).min().orElseThrow(), i + "");
      assertTrue(trace.slices.stream().allMatch(s -> s.endNs <= endNs), "case " + i);
      assertTrue(trace.slices.size() >= 60 * 5, i + ": " + trace.slices.size());
      assertTrue(trace.arrows.size() >= 60 * 4, i + ": " + trace.arrows.size());
      int number = i;
      ExportSummary.Counts counts = summary(source, PERFETTO).counts();
      long told = counts.impossibleTimes + counts.aicoreWithoutAicpu;
      assertTrue(told > 0, () -> "told in case " + number);
    }
  }

  /** The phase is in the second frame of its pool, but time 0 comes from the first frames. */
  @Test
  void shouldDrawNothingBeforeTime0() throws IOException {
    int slices = trace(tasks(60).build()).slices.size();
    CaptureSource source = tasks(60).phase(0, SchedPhaseKind.WIRE, 10, 20, 200, 1).build();
    PerfettoTrace trace = trace(source);
    assertEquals(slices + 1, trace.slices.size());
    assertEquals(0, trace.slices.stream().mapToLong(s -> s.beginNs).min().orElseThrow());
  }

  @Test
  void shouldGiveBarsThatOverlapWithoutNestingALaneOfTheirOwn() throws IOException {
    CaptureSource source =
        tasks(1)
            .phase(1, SchedPhaseKind.DISPATCH, 2000, 2100, 1, 0)
            .phase(1, SchedPhaseKind.COMPLETE, 2050, 2150, 1, 0)
            .build();
    PerfettoTrace trace = trace(source);
    List<PerfettoTrace.SliceRead> phases =
        trace.slices.stream().filter(slice -> slice.beginNs >= 20_000).toList();
    assertEquals(List.of(2000L, 2000L), phases.stream().map(s -> s.endNs - s.beginNs).toList());
    assertEquals(2, phases.stream().map(s -> s.track).distinct().count());
    assertEquals(
        List.of(480_000, 480_160, 480_161),
        Exports.events(source, Exports.chrome()).stream()
            .filter(event -> event.get("name").equals("thread_sort_index"))
            .filter(event -> event.get("pid").equals(2))
            .map(event -> ((Map<?, ?>) event.get("args")).get("sort_index"))
            .sorted()
            .toList(),
        "beside each other");
  }

  private TaskGraph graph(String json) throws IOException {
    return TaskGraph.read(Files.writeString(folder.resolve("deps.json"), json));
  }

  @Test
  void shouldReadTheDependencyFileAsTheRuntimeWritesIt() throws IOException {
    TaskGraph graph =
        graph(
            """
            {"tasks":[{"task_id":"18446744073709551615","kernel_ids":[3,-1,-1],"block_num":2},
                      {"kernel_ids":[1,2,3]}, {"task_id":null}, {"task_id":"7","kernel_ids":[1,2]}],
             "tensors":[{"tensor_id":"1"}],
             "edges":[{"pred":"18446744073709551615","succ":"7","arg":0,"flags":["wait"]},
                      {"pred":"18446744073709551615","succ":"7","arg":1},
                      {"pred":18446744073709551615,"succ":7},
                      {"succ":"7"}, {"pred":null,"succ":"7"}, 5]}
            """);
    assertEquals(1, graph.edges());
    assertEquals(5, graph.skippedRows());
    assertEquals(3, graph.kernel(graph.node(-1), true, 0));
    assertEquals(-1, graph.kernel(graph.node(7), true, 0), "two ids name no core");
    assertEquals(0, graph("{}").edges());
    assertEquals(0, graph("{\"edges\":[],\"tasks\":null}").edges());
    assertThrows(ExportException.class, () -> graph("[]"));
    assertThrows(ExportException.class, () -> graph("{\"edges\":[{\"pred\":"));
  }

  /** Three blocks after two: three arrows, not six; the scheduler view mirrors them. */
  @Test
  void shouldDrawFansOfBlocksByBlock() throws IOException {
    TraceBuilder builder =
        new TraceBuilder(TraceBuilder.CHIP, 2, 1, 2, 9)
            .aicore(0, 1, 0, 1000, 1100, 0)
            .aicore(1, 1, 0, 1000, 1100, 0)
            .aicpu(0, 0, 990, 1110)
            .aicpu(1, 0, 991, 1110);
    for (int core = 0; core < 3; core++) {
      builder.aicore(core, 2, 1, 1200, 1300, 0).aicpu(core, 1, 1190 + core, 1310);
    }
    TaskGraph graph = new TaskGraph(new long[] {1, 2, 1, 3}, new long[0], 0);
    ExportRequest request = Exports.with(ExportFormat.PERFETTO, graph, NameMap.NONE);
    PerfettoTrace trace = new PerfettoTrace(Exports.bytes(builder.build(), request));
    assertEquals(6, trace.arrows.size());
    TaskGraph back = new TaskGraph(new long[] {2, 1}, new long[0], 0);
    ExportSummary summary =
        summary(builder.build(), Exports.with(ExportFormat.CHROME_TRACE, back, NameMap.NONE));
    assertEquals(1, summary.counts().violations);
  }

  private static PerfettoTrace several(boolean isAbsolute, CaptureSource... sources)
      throws IOException {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    ExportRequest request =
        new ExportRequest(
            ExportFormat.PERFETTO,
            ExportSelection.ALL,
            TaskGraph.NONE,
            NameMap.NONE,
            isAbsolute,
            false);
    new Exporter(List.of(sources), request, ExportMonitor.NONE).toStream(out);
    return new PerfettoTrace(out.toByteArray());
  }

  @Test
  void shouldPutSeveralCapturesOnOneAxis() throws IOException {
    CaptureSource first = tasks(5).origin("one", "boot-a", 0, 1, 0).build();
    CaptureSource second = tasks(5).origin("one", "boot-a", 3, 1, 7_000_000).build();
    CaptureSource third = tasks(5).origin("one", "boot-a", 3, 2, 9_000_000).build();
    PerfettoTrace trace = several(false, first, second, third);
    assertEquals(5L, in(trace, "dev 0 / Orchestrator".replace("Orch", "AICPU Orch")).size());
    List<PerfettoTrace.SliceRead> later = in(trace, "dev 3 session 1 / Worker View");
    List<PerfettoTrace.SliceRead> earlier = in(trace, "dev 0 / Worker View");
    assertEquals(7_000_000, later.get(0).beginNs - earlier.get(0).beginNs);
    assertEquals(5, in(trace, "dev 3 session 2 / Worker View").size());
    assertEquals(12, trace.tracks.values().stream().filter(t -> t.parent() == 0).count());
    assertTrue(trace.labels.get(4).contains("host one, device 0"), trace.labels::toString);
  }

  @Test
  void shouldPlaceHostsByTheirWallClocks() throws IOException {
    CaptureSource first = tasks(5).origin("one", "boot-a", 0, 1, 0).build();
    CaptureSource second = tasks(5).origin("two", "boot-b", 0, 1, 4_000_000).build();
    PerfettoTrace trace = several(false, first, second);
    List<PerfettoTrace.SliceRead> later = in(trace, "two / dev 0 / Worker View");
    assertEquals(4_000_000, later.get(0).beginNs - in(trace, "one / dev 0 / W").get(0).beginNs);
    Exporter exporter = new Exporter(List.of(first, second), PERFETTO, ExportMonitor.NONE);
    assertTrue(
        exporter.warnings().toString().contains("wall clock"), exporter.warnings()::toString);
  }

  @Test
  void shouldSayWhatTheHostsClocksShow() throws IOException {
    PerfettoTrace relative = several(false, tasks(5).build());
    PerfettoTrace absolute = several(true, tasks(5).build());
    long monotonic = absolute.hostClocks.get(3L)[2];
    assertEquals(monotonic + 5_000, absolute.hostClocks.get(6L)[2], "boot time");
    assertEquals(0, relative.hostClocks.get(6L)[2]);
    assertEquals(relative.hostClocks.get(1L)[2], absolute.hostClocks.get(1L)[2], "wall clock");
    assertEquals(
        monotonic + 5_000, absolute.slices.stream().mapToLong(s -> s.beginNs).min().orElseThrow());
    // Tick 1000 was 20,000 ns after the host's origin of 1 ms, within half of the bound.
    assertEquals(1_020_000, monotonic, TraceBuilder.LATE_NS / 2 + 100_000.0);
  }

  /** The later capture is listed first; the trace starts on the host clock of the earlier one. */
  @Test
  void shouldPlaceSeveralCapturesOnTheHostsClocks() throws IOException {
    CaptureSource late = tasks(5).origin("one", "boot-a", 3, 1, 7_000_000).boot(9_000).build();
    CaptureSource early = tasks(5).origin("one", "boot-a", 0, 1, 0).build();
    PerfettoTrace trace = several(true, late, early);
    long bootNs = early.clock().baseHostNs() + 5_000;
    assertEquals(bootNs, trace.hostClocks.get(6L)[2]);
    assertEquals(early.clock().baseHostNs(), trace.hostClocks.get(3L)[2]);
    assertEquals(bootNs, trace.slices.stream().mapToLong(s -> s.beginNs).min().orElseThrow());
    long first =
        in(trace, "dev 3 / Worker View").stream().mapToLong(s -> s.beginNs).min().orElseThrow();
    // Its first kernel is received 18 ticks after the first submission.
    assertEquals(bootNs + 7_000_000 + 18 * 20, first);
  }

  /** The client's window is narrower than the host's collection times of the frames. */
  @Test
  void shouldPlaceTheDeviceByTheWindowOfItsRun() throws IOException {
    CaptureSource source = tasks(5).window(9, 990, 1490).build();
    // Ticks 1000 to 1480 within 990 to 1490 leave 10 ticks of 20 ns on either side.
    assertEquals(1_020_000, source.clock().baseHostNs(), 5_000.0);
    assertTrue(source.clock().errorNs() <= 5_000, () -> source.clock().errorNs() + "");
    CaptureSource other = tasks(5).window(9, 990, 1490).origin("one", "boot-b", 0, 1, 0).build();
    assertTrue(other.clock().errorNs() > 1_000_000, "by the clock of another boot");
    assertTrue(
        Exports.text(source, ExportFormat.RECORDS_JSON).contains("aicpu_tasks"), "has no epochs");
  }

  /** In the second run the device's clock is 4,000 ticks ahead of the first run. */
  @Test
  void shouldPlaceADeviceWhoseClockRunsApartWithTheLeastError() throws IOException {
    TraceBuilder builder = tasks(5).window(1, 990, 1490).window(2, 100_990, 101_490).nextRun();
    for (int i = 0; i < 5; i++) {
      long at = 105_000 + 100L * i;
      builder.aicore(0, i, i, at + 20, at + 60, 2).aicpu(0, i, at + 10, at + 75);
    }
    TraceClock clock = builder.build().clock();
    // The windows of the two runs allow offsets of -230 to 270 and -4,230 to -3,730 ticks.
    assertEquals(1750 * 20, clock.errorNs(), 50 * 20.0);
    assertEquals(1_020_000 - 1980 * 20, clock.baseHostNs(), 50 * 20.0);
    assertTrue(clock.accuracy().contains("drift apart"), clock::accuracy);
    assertEquals(0, clock.sinceBase(1000), "still the beginning");
    assertEquals(104_475, clock.sinceBase(105_475), "still possible");
  }

  @Test
  void shouldWriteRecordsOfSeveralRanksAsTheRuntimeLaysThem() throws IOException {
    Path out = folder.resolve("run");
    List<CaptureSource> sources =
        List.of(
            tasks(3).origin("one", "boot-a", 0, 1, 0).build(),
            tasks(3).origin("one", "boot-a", 5, 1, 0).build());
    new Exporter(sources, ExportRequest.of(ExportFormat.RECORDS_JSON), ExportMonitor.NONE)
        .toFile(out, false);
    assertTrue(Files.exists(out.resolve("rank0/d0/chip_swimlane_records.json")));
    assertTrue(Files.exists(out.resolve("rank1/d5/chip_swimlane_records.json")));
    assertTrue(
        Files.readString(out.resolve("rank1/d5/dispatch_identity.json")).contains("\"rank\":1"));
  }

  @Test
  void shouldNotWantMoreMemoryForMoreSubmissionsThanADeviceHolds() throws IOException {
    TraceBuilder builder = new TraceBuilder(TraceBuilder.CHIP, 4, 1, 0, 1000);
    LongStream.range(0, RowReader.MAX_OPEN + 50)
        .forEach(i -> builder.submit(0, (int) i, i, 1000 + i, 1000 + i));
    ExportSummary summary = summary(builder.build(), PERFETTO);
    assertEquals(50, summary.counts().givenUp);
  }
}
