package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.output.capture.LossReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run with known losses in every format, read by independent readers: record counts match {@code
 * verify}, losses match the injected ones, and bars nest.
 */
class EvidenceTest {
  private static final Map<String, Long> MISSING =
      new TreeMap<>(Map.of("host_late", 128L, "pool_exhausted", 11L, "disk_full", 40L));
  private static final Map<String, Long> MISSING_BY_KIND =
      new TreeMap<>(
          Map.of("aicpu_task", 123L, "sched_phase", 11L, "orch_phase", 5L, "aicore_task", 40L));
  private static final long ALL_MISSING = 179;

  @TempDir private Path folder;
  private CaptureSource source;
  private CaptureVerifier.Result verified;
  private long joined;

  private void record(String layout) throws IOException {
    Path capture = folder.resolve("capture");
    new Workload(layout, 12, 300, 5, 40)
        .builder
        .drop(BufferKind.AICPU_TASK, 1, DropCause.HOST_LATE, 123, 1_200_000)
        .drop(BufferKind.ORCH_PHASE, -1, DropCause.HOST_LATE, 5, 1_210_000)
        .drop(BufferKind.SCHED_PHASE, 0, DropCause.POOL_EXHAUSTED, 11, 1_220_000)
        .lost(BufferKind.AICORE_TASK, 2, LossReason.DISK_FULL, 40, 1_230_000)
        .stall(BufferKind.AICPU_TASK, 1, 3, 2_000, 1_240_000)
        .writeTo(capture);
    source = CaptureSource.open(capture);
    verified = CaptureVerifier.verify(CaptureReader.open(capture));
    assertFalse(verified.isDamaged(), () -> verified.damages().toString());
    assertTrue(verified.isIncomplete());
  }

  private long verified(BufferKind kind) {
    return verified.records().get(kind.ordinal());
  }

  private byte[] file(ExportFormat format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    check(Exports.exporter(source, ExportRequest.of(format)).toStream(out));
    return out.toByteArray();
  }

  private Path directory(ExportFormat format) throws IOException {
    Path directory = folder.resolve(format.id());
    check(Exports.exporter(source, ExportRequest.of(format)).toFile(directory, false));
    return directory;
  }

  private void check(ExportSummary summary) {
    assertEquals(MISSING, summary.missing());
    joined = summary.counts().joined;
  }

  /** A bar of either trace format. */
  private record Bar(String group, String lane, String name, long begin, long end, Object records) {
    boolean isIn(String view) {
      return group.equals(view);
    }
  }

  private void checkBars(Collection<Bar> bars) {
    assertEquals(verified(BufferKind.ORCH_PHASE), count(bars, b -> b.isIn("AICPU Orchestrator")));
    long dummies = count(bars, b -> b.name.equals("dummy") || b.name.equals("predicated_skip"));
    long phases = count(bars, b -> b.isIn("AICPU Scheduler"));
    assertEquals(verified(BufferKind.SCHED_PHASE), phases + dummies);
    assertEquals(joined, count(bars, b -> b.isIn("Worker View") && b.name.endsWith(" task")));
    assertEquals(joined, count(bars, b -> b.isIn("Scheduler View")));
    assertTrue(joined > 0 && joined <= verified(BufferKind.AICPU_TASK));
    Map<String, Long> missing = new TreeMap<>();
    bars.stream()
        .filter(bar -> bar.name.startsWith("lost: "))
        .forEach(
            bar ->
                missing.merge(
                    bar.lane.replaceAll(" .*", ""), ((Number) bar.records).longValue(), Long::sum));
    assertEquals(MISSING_BY_KIND, missing);
    bars.stream()
        .collect(Collectors.groupingBy(bar -> bar.group + bar.lane))
        .values()
        .forEach(EvidenceTest::checkLane);
  }

  private static long count(Collection<Bar> bars, Predicate<Bar> which) {
    return bars.stream().filter(which).count();
  }

  /** Asserts that bars of a lane either nest or do not overlap. */
  private static void checkLane(List<Bar> lane) {
    Deque<Bar> open = new ArrayDeque<>();
    lane.stream()
        .sorted(
            Comparator.comparingLong(Bar::begin)
                .thenComparing(Comparator.comparingLong(Bar::end).reversed()))
        .forEach(
            bar -> {
              assertTrue(bar.begin <= bar.end, bar::toString);
              while (!open.isEmpty() && open.peek().end <= bar.begin) {
                open.pop();
              }
              assertTrue(open.isEmpty() || bar.end <= open.peek().end, () -> bar + " in " + open);
              open.push(bar);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {TraceBuilder.CHIP, TraceBuilder.L2})
  void shouldShowTheRunInAPerfettoTrace(String layout) throws IOException {
    record(layout);
    PerfettoTrace trace = new PerfettoTrace(file(ExportFormat.PERFETTO));
    checkBars(
        trace.slices.stream()
            .map(
                slice -> {
                  PerfettoTrace.Track track = trace.tracks.get(slice.track);
                  return new Bar(
                      trace.tracks.get(track.parent()).processName(),
                      track.name() + " #" + track.uuid(),
                      slice.name,
                      slice.beginNs,
                      slice.endNs,
                      slice.annotations.get("records"));
                })
            .toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {TraceBuilder.CHIP, TraceBuilder.L2})
  void shouldShowTheRunInAChromeTrace(String layout) throws IOException {
    record(layout);
    Map<String, Object> trace = JSON.std.mapFrom(file(ExportFormat.CHROME_TRACE));
    Map<Object, String> processes = new HashMap<>();
    Map<String, String> threads = new HashMap<>();
    List<Bar> bars = new ArrayList<>();
    for (Object each : (List<?>) trace.get("traceEvents")) {
      Map<?, ?> event = (Map<?, ?>) each;
      Map<?, ?> args = (Map<?, ?>) event.get("args");
      String lane = event.get("pid") + "." + event.get("tid");
      if (event.get("name").equals("process_name")) {
        processes.put(event.get("pid"), args.get("name").toString());
      } else if (event.get("name").equals("thread_name")) {
        threads.put(lane, args.get("name") + " #" + lane);
      } else if (event.get("ph").equals("X")) {
        bars.add(
            new Bar(
                processes.get(event.get("pid")),
                threads.get(lane),
                event.get("name").toString(),
                ns(event.get("ts")),
                ns(event.get("ts")) + ns(event.get("dur")),
                args.get("records")));
      }
    }
    checkBars(bars);
    assertEquals(
        String.valueOf(ALL_MISSING), ((Map<?, ?>) trace.get("otherData")).get("missing_records"));
  }

  private static long ns(Object micros) {
    return new BigDecimal(micros.toString()).movePointRight(3).longValueExact();
  }

  @ParameterizedTest
  @ValueSource(strings = {TraceBuilder.CHIP, TraceBuilder.L2})
  void shouldShowTheRunInTables(String layout) throws Exception {
    record(layout);
    String csv = directory(ExportFormat.CSV).toString();
    String parquet = directory(ExportFormat.PARQUET).toString();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      for (BufferKind kind : BufferKind.TIMED) {
        String table = csv + "/" + kind.label() + ".csv";
        assertEquals(verified(kind), ask(statement, "count(*) FROM '" + table + "'"), table);
      }
      assertEquals(ALL_MISSING, ask(statement, "sum(records) FROM '" + csv + "/gaps.csv'"));
      assertEquals(2_000, ask(statement, "sum(waited_ns) FROM '" + csv + "/stalls.csv'"));
      assertEquals(joined, ask(statement, "count(*) FROM '" + parquet + "/tasks/**/*.parquet'"));
      assertEquals(
          verified(BufferKind.SCHED_PHASE),
          ask(statement, "count(*) FROM '" + parquet + "/sched_phases/**/*.parquet'"));
      assertEquals(
          verified(BufferKind.ORCH_PHASE),
          ask(statement, "count(*) FROM '" + parquet + "/orch_phases/**/*.parquet'"));
      for (Map.Entry<String, Long> cause : MISSING.entrySet()) {
        String gaps = "sum(records) FROM '" + parquet + "/gaps/**/*.parquet' WHERE cause = '";
        assertEquals(cause.getValue(), ask(statement, gaps + cause.getKey() + "'"));
      }
      assertEquals(
          ALL_MISSING,
          ask(statement, "sum(missing_records) FROM '" + parquet + "/sessions/**/*.parquet'"));
      assertEquals(
          2_000, ask(statement, "sum(waited_ns) FROM '" + parquet + "/stalls/**/*.parquet'"));
    }
  }

  private static long ask(Statement statement, String question) throws Exception {
    try (ResultSet result = statement.executeQuery("SELECT " + question)) {
      result.next();
      return result.getLong(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {TraceBuilder.CHIP, TraceBuilder.L2})
  void shouldShowTheRunInTheRuntimesOwnFile(String layout) throws IOException {
    record(layout);
    Map<String, Object> file = JSON.std.mapFrom(file(ExportFormat.RECORDS_JSON));
    assertEquals(verified(BufferKind.AICORE_TASK), rows(file.get("aicore_tasks")));
    assertEquals(verified(BufferKind.AICPU_TASK), rows(file.get("aicpu_tasks")));
    assertEquals(verified(BufferKind.SCHED_PHASE), rowsOfLanes(file.get("aicpu_scheduler_phases")));
    assertEquals(
        verified(BufferKind.ORCH_PHASE), rowsOfLanes(file.get("aicpu_orchestrator_phases")));
  }

  private static long rows(Object list) {
    return ((List<?>) list).size();
  }

  private static long rowsOfLanes(Object lanes) {
    return ((List<?>) lanes).stream().mapToLong(EvidenceTest::rows).sum();
  }
}
