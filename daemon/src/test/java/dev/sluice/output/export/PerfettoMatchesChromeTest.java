package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares a decoded Perfetto file with the Chrome trace, event by event. */
class PerfettoMatchesChromeTest {
  private record Bar(
      String place, String name, String category, long beginNs, long endNs, String args)
      implements Comparable<Bar> {
    private static final Comparator<Bar> ORDER =
        Comparator.comparing(Bar::place)
            .thenComparing(Bar::beginNs)
            .thenComparing(Bar::endNs)
            .thenComparing(Bar::name)
            .thenComparing(Bar::args);

    @Override
    public int compareTo(Bar other) {
      return ORDER.compare(this, other);
    }
  }

  private static long ns(Object micros) {
    return new BigDecimal(micros.toString()).movePointRight(3).longValueExact();
  }

  private static Map<?, ?> args(Map<String, Object> event) {
    return (Map<?, ?>) event.get("args");
  }

  /** Returns process and thread names by pid and tid. */
  private static Map<String, String> places(List<Map<String, Object>> events) {
    Map<Object, String> processes = new HashMap<>();
    Map<String, String> places = new TreeMap<>();
    for (Map<String, Object> event : events) {
      if (event.get("name").equals("process_name")) {
        processes.put(event.get("pid"), event.get("pid") + " " + args(event).get("name"));
      } else if (event.get("name").equals("thread_name")) {
        places.put(
            event.get("pid") + "." + event.get("tid"),
            processes.get(event.get("pid")) + "/" + args(event).get("name"));
      }
    }
    return places;
  }

  private static String lane(Map<String, Object> event) {
    return event.get("pid") + "." + event.get("tid");
  }

  /** Returns the arguments common to both formats, in one form. */
  private static String chromeArgs(Map<?, ?> args) {
    Map<String, Object> common = new TreeMap<>();
    for (String key :
        List.of("taskId", "loop_iter", "tasks_processed", "submit_idx", "finish_rows_attributed")) {
      if (args.containsKey(key)) {
        common.put(key, args.get(key));
      }
    }
    if (args.containsKey("local_setup_us")) {
      common.put("local_setup_ns", ns(args.get("local_setup_us")));
    }
    if (args.containsKey("predicated_pass")) {
      common.put("predicated_pass", 0);
    }
    Object depths = args.get("shared_at_start (aic,aiv,mix)");
    if (depths != null) {
      String[] parts = depths.toString().split(",", -1);
      common.put("aic_at_start", parts[0]);
      common.put("aiv_at_start", parts[1]);
      common.put("mix_at_start", parts[2]);
    }
    return common.toString();
  }

  /** Removes the arguments that only Perfetto has: values that are also curves. */
  private static String perfettoArgs(PerfettoTrace.SliceRead slice) {
    Map<String, Object> common = new TreeMap<>(slice.annotations);
    List.of("aic_at_end", "aiv_at_end", "mix_at_end").forEach(common::remove);
    return common.toString();
  }

  private static List<Bar> chromeBars(List<Map<String, Object>> events) {
    Map<String, String> places = places(events);
    List<Bar> bars = new ArrayList<>();
    for (Map<String, Object> event : events) {
      if (event.get("ph").equals("X")) {
        bars.add(
            new Bar(
                places.get(lane(event)),
                (String) event.get("name"),
                (String) event.get("cat"),
                ns(event.get("ts")),
                ns(event.get("ts")) + ns(event.get("dur")),
                chromeArgs(args(event))));
      }
    }
    return bars.stream().sorted().toList();
  }

  private static Bar bar(PerfettoTrace trace, PerfettoTrace.SliceRead slice) {
    return new Bar(
        trace.place(slice.track),
        slice.name,
        slice.category,
        slice.beginNs,
        slice.endNs,
        perfettoArgs(slice));
  }

  private static List<String> chromeCounters(List<Map<String, Object>> events) {
    List<String> counters = new ArrayList<>();
    for (Map<String, Object> event : events) {
      if (event.get("ph").equals("C")) {
        args(event)
            .forEach(
                (name, value) ->
                    counters.add(
                        event.get("name") + " " + name + " " + ns(event.get("ts")) + " " + value));
      }
    }
    return counters.stream().sorted().toList();
  }

  private static List<String> counters(PerfettoTrace trace) {
    return trace.counters.stream()
        .map(
            counter ->
                trace.tracks.get(counter.track()).name()
                    + " "
                    + counter.timeNs()
                    + " "
                    + counter.value())
        .sorted()
        .toList();
  }

  /** Returns the arrows between bars: each end belongs to the bar of its lane at its time. */
  private static List<String> chromeArrows(List<Map<String, Object>> events) {
    Map<String, List<long[]>> bars = new HashMap<>();
    for (Map<String, Object> event : events) {
      if (event.get("ph").equals("X")) {
        long begin = ns(event.get("ts"));
        bars.computeIfAbsent(lane(event), l -> new ArrayList<>())
            .add(new long[] {begin, begin + ns(event.get("dur"))});
      }
    }
    Map<Object, Map<String, Object>> starts = new HashMap<>();
    Map<Object, Map<String, Object>> ends = new HashMap<>();
    for (Map<String, Object> event : events) {
      if (event.get("ph").equals("s") || event.get("ph").equals("f")) {
        long at = ns(event.get("ts"));
        assertTrue(
            bars.getOrDefault(lane(event), List.of()).stream()
                .anyMatch(bar -> bar[0] <= at && at <= bar[1]),
            () -> "an end outside every bar: " + event);
        Object before = (event.get("ph").equals("s") ? starts : ends).put(event.get("id"), event);
        assertEquals(null, before, "an id for each arrow");
      }
    }
    assertEquals(starts.keySet(), ends.keySet(), "every arrow has two ends");
    Map<String, String> places = places(events);
    return starts.keySet().stream()
        .map(id -> places.get(lane(starts.get(id))) + " -> " + places.get(lane(ends.get(id))))
        .sorted()
        .toList();
  }

  private static List<String> arrows(PerfettoTrace trace) {
    return trace.arrows.stream()
        .map(arrow -> trace.place(arrow.from().track) + " -> " + trace.place(arrow.to().track))
        .sorted()
        .toList();
  }

  /** Compares line by line; a failure shows the first lines found on one side only. */
  private static void assertSame(List<String> chrome, List<String> perfetto) {
    List<String> onlyChrome = new ArrayList<>(chrome);
    perfetto.forEach(onlyChrome::remove);
    List<String> onlyPerfetto = new ArrayList<>(perfetto);
    chrome.forEach(onlyPerfetto::remove);
    assertEquals(
        String.join("\n", onlyChrome.stream().limit(5).toList()),
        String.join("\n", onlyPerfetto.stream().limit(5).toList()));
    assertEquals(chrome.size(), perfetto.size());
  }

  private static List<String> directed(List<String> arrows, boolean isDirected) {
    return isDirected
        ? arrows
        : arrows.stream()
            .map(
                arrow ->
                    Arrays.stream(arrow.split(" -> ", 2))
                        .sorted()
                        .collect(Collectors.joining(" -- ")))
            .sorted()
            .toList();
  }

  private static void compare(CaptureSource source, TaskGraph graph, NameMap names)
      throws IOException {
    List<Map<String, Object>> events =
        Exports.events(source, Exports.with(ExportFormat.CHROME_TRACE, graph, names));
    byte[] bytes = Exports.bytes(source, Exports.with(ExportFormat.PERFETTO, graph, names));
    PerfettoTrace trace = new PerfettoTrace(bytes);
    List<Bar> expected = chromeBars(events);
    assertFalse(expected.isEmpty());
    assertSame(
        expected.stream().map(Bar::toString).toList(),
        trace.slices.stream().map(s -> bar(trace, s)).sorted().map(Bar::toString).toList());
    assertEquals(chromeCounters(events), counters(trace));
    // Perfetto orders the ends of an arrow by time, so a violated dependency points backwards.
    boolean isDirected = graph == TaskGraph.NONE;
    assertSame(directed(chromeArrows(events), isDirected), directed(arrows(trace), isDirected));
    Set<String> used = expected.stream().map(Bar::place).collect(Collectors.toSet());
    assertEquals(used, new HashSet<>(places(events).values()), "no lane is empty");
    assertEquals(
        places(events).values().stream().sorted().distinct().toList(),
        trace.tracks.values().stream()
            .filter(track -> track.parent() != 0 && !track.isCounter())
            .map(track -> trace.place(track.uuid()))
            .sorted()
            .distinct()
            .toList());
  }

  @ParameterizedTest
  @CsvSource({
    "chip-2026.08/a2a3, 3, 60, 7",
    "chip-2026.08/a2a3, 24, 400, 1000",
    "l2-2026.06/a2a3, 3, 60, 7",
    "l2-2026.06/a2a3, 24, 400, 1000",
    "l2-2026.07/a5, 12, 200, 100",
    "chip-2026.08/a5, 12, 200, 100"
  })
  void shouldSayTheSameOfAWorkload(String layout, int cores, int iterations, int perFrame)
      throws IOException {
    for (long seed = 1; seed <= 3; seed++) {
      Workload workload = new Workload(layout, cores, iterations, seed, perFrame);
      compare(workload.builder.build(), TaskGraph.NONE, NameMap.NONE);
      compare(
          workload.builder.build(),
          workload.graph(),
          new NameMap(Map.of(1, "matmul \"fast\" \\ \u00e9"), "attention"));
    }
  }

  @Test
  void shouldSayTheSameOfTheExamples() throws IOException {
    for (String layout : List.of(TraceBuilder.CHIP, TraceBuilder.L2)) {
      compare(TraceBuilder.levelOne(layout).build(), TaskGraph.NONE, NameMap.NONE);
      compare(TraceBuilder.levelFour(layout).build(), TaskGraph.NONE, NameMap.NONE);
    }
  }

  @Test
  void shouldBeAFifthOfTheSizeAtMost() throws IOException {
    Workload workload = new Workload(TraceBuilder.CHIP, 24, 2000, 1, 1000);
    CaptureSource source = workload.builder.build();
    int chrome = Exports.bytes(source, Exports.chrome()).length;
    int perfetto = Exports.bytes(source, ExportRequest.of(ExportFormat.PERFETTO)).length;
    assertTrue(5L * perfetto <= chrome, perfetto + " bytes against " + chrome);
  }
}
