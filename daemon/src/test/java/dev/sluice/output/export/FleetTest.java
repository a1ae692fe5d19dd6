package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the queries of docs/fleet.md in DuckDB; expected results follow from the generated tasks.
 */
class FleetTest {
  private static final int TASKS = 100;
  private static final long TICK_NS = 20;
  private static final String[] HOSTS = {"h1", "h2"};
  private static final Path PAGE = Path.of("..", "docs", "fleet.md");

  @TempDir private Path data;

  /** The k-th task of a host, on core k % 3. */
  private record Task(int host, int k) {
    long durationNs() {
      return TICK_NS * (100 + (k * 7 % 31) * (host + 1));
    }

    long latencyNs() {
      return TICK_NS * (10 + k % 5 + host);
    }

    /** One task every 50 us. */
    long startTick() {
      return 1_000_000 + 2500L * k;
    }

    String function() {
      return "func_" + k % 4 + "_" + (char) ('a' + k % 4);
    }
  }

  private static List<Task> tasks() {
    List<Task> tasks = new ArrayList<>();
    for (int host = 0; host < HOSTS.length; host++) {
      for (int k = 0; k < TASKS; k++) {
        tasks.add(new Task(host, k));
      }
    }
    return tasks;
  }

  @BeforeEach
  void exportTwoHosts() throws IOException {
    long[] graph = new long[TASKS * 4];
    for (int k = 0; k < TASKS; k++) {
      System.arraycopy(new long[] {k, k % 4, k % 4, k % 4}, 0, graph, 4 * k, 4);
    }
    ExportRequest request =
        Exports.with(ExportFormat.PARQUET, new TaskGraph(new long[0], graph, 0), NameMap.NONE);
    for (int host = 0; host < HOSTS.length; host++) {
      TraceBuilder builder =
          new TraceBuilder(TraceBuilder.NEWEST, 4, 1, 2, 16)
              .coreToThread(List.of(0, 0, 0))
              .origin(HOSTS[host], "boot-" + host, host, 1, 0);
      for (Task task : tasks()) {
        if (task.host == host) {
          long start = task.startTick();
          long end = start + task.durationNs() / TICK_NS;
          builder
              .submit(0, task.k, task.k, start - 100, start - 90)
              .phase(0, SchedPhaseKind.DISPATCH, start - 50, start, task.k, 1)
              .aicore(task.k % 3, task.k, task.k, start, end, 2)
              .aicpu(task.k % 3, task.k, start - task.latencyNs() / TICK_NS, end + 5);
        }
      }
      builder
          .drop(BufferKind.AICPU_TASK, 0, DropCause.HOST_LATE, 70 + host, 2_000_000)
          .drop(BufferKind.AICPU_TASK, 1, DropCause.HOST_LATE, 5, 2_100_000)
          .drop(BufferKind.SCHED_PHASE, 0, DropCause.POOL_EXHAUSTED, 11, 2_200_000);
      // Like two hosts: each exports separately, and the directories are merged.
      Path own = data.resolve("of-" + host);
      Exports.exporter(builder.build(), request).toFile(own, false);
      try (Stream<Path> files = Files.walk(own)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Path to = data.resolve("all").resolve(own.relativize(file).toString());
          Files.createDirectories(to.getParent());
          Files.move(file, to);
        }
      }
    }
  }

  /** Returns the rows of the page's n-th query, columns separated by spaces. */
  private List<String> ask(int question) throws IOException, SQLException {
    Matcher block =
        Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(PAGE));
    List<String> queries = new ArrayList<>();
    while (block.find()) {
      queries.add(block.group(1).replace("s3://bucket/sluice", data.resolve("all").toString()));
    }
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute(queries.get(0));
      try (ResultSet result = statement.executeQuery(queries.get(question))) {
        while (result.next()) {
          StringBuilder row = new StringBuilder();
          for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            row.append(i == 1 ? "" : " ").append(result.getString(i));
          }
          rows.add(row.toString());
        }
      }
    }
    return rows;
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get((values.size() - 1) / 2);
  }

  @Test
  void shouldNameTheSlowestFunctions() throws Exception {
    List<String> expected =
        tasks().stream().collect(Collectors.groupingBy(Task::function)).entrySet().stream()
            .map(
                function -> {
                  List<Long> ns = function.getValue().stream().map(Task::durationNs).toList();
                  long max = ns.stream().mapToLong(n -> n).max().orElseThrow();
                  return function.getKey() + " " + ns.size() + " " + median(ns) + " " + max;
                })
            .sorted(
                Comparator.<String>comparingLong(row -> -Long.parseLong(row.split(" ", -1)[3]))
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    assertEquals(expected, ask(1));
  }

  @Test
  void shouldShowHowBusyTheCoresWere() throws Exception {
    TreeMap<String, Long> busy = new TreeMap<>();
    long first = Long.MAX_VALUE;
    List<String> rows = ask(2);
    for (String row : rows) {
      first = Math.min(first, Long.parseLong(row.split(" ", -1)[2]));
    }
    TreeMap<String, Double> asked = new TreeMap<>();
    for (String row : rows) {
      String[] columns = row.split(" ", -1);
      asked.merge(columns[0] + " " + columns[1], Double.parseDouble(columns[3]), Double::sum);
    }
    for (Task task : tasks()) {
      busy.merge(HOSTS[task.host] + " " + task.host, task.durationNs(), Long::sum);
    }
    // The milliseconds together cover all busy time of the cores.
    busy.forEach((place, ns) -> assertEquals(ns / 1e6 / 3, asked.get(place), 0.001, place));
    assertEquals(5 * HOSTS.length, rows.size(), 1.0 * HOSTS.length);
  }

  @Test
  void shouldFindStragglersBetweenRanks() throws Exception {
    List<String> expected =
        tasks().stream()
            .filter(task -> task.host == 0)
            .sorted(
                Comparator.<Task>comparingLong(
                        task -> task.durationNs() - new Task(1, task.k).durationNs())
                    .thenComparing(Task::k))
            .limit(10)
            .map(
                task ->
                    task.k + " " + (new Task(1, task.k).durationNs() - task.durationNs()) + " h2/1")
            .toList();
    assertEquals(expected, ask(3));
  }

  @Test
  void shouldAddUpLossesByCauseAndHost() throws Exception {
    assertEquals(
        List.of(
            "h1 host_late 75", "h1 pool_exhausted 11", "h2 host_late 76", "h2 pool_exhausted 11"),
        ask(4));
  }

  @Test
  void shouldAnswerWhereNothingWasLost() throws Exception {
    Path all = data.resolve("all");
    for (String table : List.of("gaps", "tasks")) {
      Files.move(all.resolve(table), data.resolve("before-" + table));
    }
    CaptureSource source =
        new TraceBuilder(TraceBuilder.NEWEST, 4, 1, 2, 16)
            .aicore(0, 1, 1, 20, 30, 2)
            .aicpu(0, 1, 10, 40)
            .build();
    Path own = data.resolve("whole");
    Exports.exporter(source, ExportRequest.of(ExportFormat.PARQUET)).toFile(own, false);
    for (String table : List.of("gaps", "tasks")) {
      Files.move(own.resolve(table), all.resolve(table));
    }
    assertEquals(List.of(), ask(4));
    assertTrue(Files.isDirectory(own.resolve("stalls")));
    assertEquals(List.of("null 1 200 200"), ask(1));
  }

  @Test
  void shouldGiveDispatchLatencyByCore() throws Exception {
    List<String> expected =
        tasks().stream()
            .collect(
                Collectors.groupingBy(
                    task -> HOSTS[task.host] + " " + task.host + " " + task.k % 3,
                    TreeMap::new,
                    Collectors.mapping(Task::latencyNs, Collectors.toList())))
            .entrySet()
            .stream()
            .map(
                core ->
                    core.getKey()
                        + (core.getKey().endsWith(" 0") ? " aic " : " aiv ")
                        + median(core.getValue())
                        + " "
                        + core.getValue().stream().mapToLong(n -> n).max().orElseThrow())
            .toList();
    assertEquals(expected, ask(5));
  }
}
