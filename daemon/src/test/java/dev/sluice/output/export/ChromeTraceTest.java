package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ChromeTraceTest {
  private static List<Map<String, Object>> levelFour(String layout) throws IOException {
    return Exports.events(TraceBuilder.levelFour(layout).build(), Exports.chrome());
  }

  private static List<Map<String, Object>> named(List<Map<String, Object>> events, String name) {
    return events.stream().filter(event -> event.get("name").equals(name)).toList();
  }

  private static Map<String, Object> one(
      List<Map<String, Object>> events, Predicate<Map<String, Object>> test) {
    List<Map<String, Object>> found = events.stream().filter(test).toList();
    assertEquals(1, found.size(), found::toString);
    return found.get(0);
  }

  /** All slices of a kind share a name, so that a viewer can group, search and colour them. */
  @Test
  void shouldNameSlicesByWhatTheyAre() throws IOException {
    Workload workload = new Workload(TraceBuilder.CHIP, 6, 100, 1, 100);
    Set<Object> names =
        Exports.events(workload.builder.build(), Exports.chrome()).stream()
            .filter(event -> event.get("ph").equals("X"))
            .map(event -> event.get("name"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(
        Set.of(
            "AIC task",
            "AIV task",
            "alloc",
            "complete",
            "dispatch",
            "dummy",
            "predicated_skip",
            "resolve",
            "submit"),
        names);
  }

  @Test
  void shouldNameAndOrderProcesses() throws IOException {
    Map<Object, Object> names = new TreeMap<>();
    Map<Object, Object> order = new TreeMap<>();
    for (Map<String, Object> event : levelFour(TraceBuilder.CHIP)) {
      Map<?, ?> args = (Map<?, ?>) event.get("args");
      if (event.get("name").equals("process_name")) {
        names.put(event.get("pid"), args.get("name"));
      } else if (event.get("name").equals("process_sort_index")) {
        order.put(event.get("pid"), args.get("sort_index"));
      }
    }
    assertEquals(
        Map.of(
            1, "AICPU Orchestrator", 2, "AICPU Scheduler", 3, "Scheduler View", 4, "Worker View"),
        names);
    assertEquals(Map.of(1, 1, 2, 2, 3, 3, 4, 4), order);
  }

  private static Set<String> lanes(String layout) throws IOException {
    return named(levelFour(layout), "thread_name").stream()
        .map(
            event ->
                event.get("pid")
                    + "."
                    + event.get("tid")
                    + " "
                    + ((Map<?, ?>) event.get("args")).get("name"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void shouldNumberLanesAsTheGenerationDoes() throws IOException {
    Set<String> chip = lanes(TraceBuilder.CHIP);
    Set<String> expected =
        Set.of(
            "1.4000 Orch_0",
            "2.30000 Sched_0",
            "3.10000 AIC_0",
            "3.10010 AIV_1",
            "4.10000 AIC_0",
            "4.10010 AIV_1");
    assertEquals(expected, chip);
    Set<String> old = lanes(TraceBuilder.L2);
    assertTrue(old.contains("2.3000 Sched_0"), old::toString);
  }

  /** A resolve within a complete gets its own lane where the runtime's converter gives it one. */
  @Test
  void shouldDrawResolvesBesideTheOtherPhases() throws IOException {
    for (String layout : List.of(TraceBuilder.CHIP, TraceBuilder.L2)) {
      CaptureSource source =
          TraceBuilder.levelFour(layout)
              .phase(0, SchedPhaseKind.RESOLVE, 2130, 2140, 7, 1)
              .phase(0, SchedPhaseKind.COMPLETE, 2125, 2150, 7, 1)
              .build();
      List<Map<String, Object>> events = Exports.events(source, Exports.chrome());
      Map<String, Object> resolve = one(events, e -> e.get("name").equals("resolve"));
      assertEquals(layout.equals(TraceBuilder.CHIP) ? 30001 : 3000, resolve.get("tid"), layout);
    }
  }

  /** Time 0 is the submission at tick 700; a tick is 20 ns. */
  @Test
  void shouldDrawTheBarsOfATask() throws IOException {
    List<Map<String, Object>> chip = levelFour(TraceBuilder.CHIP);
    Map<String, Object> kernel =
        one(chip, e -> e.get("name").equals("AIC task") && e.get("pid").equals(4));
    assertEquals(5.8, number(kernel, "ts"), "from the receipt on");
    assertEquals(20.2, number(kernel, "dur"));
    Map<?, ?> args = (Map<?, ?>) kernel.get("args");
    assertEquals("r1t0", args.get("task"));
    assertEquals(-1, args.get("func_id"));
    assertEquals(0.2, ((Number) args.get("local_setup_us")).doubleValue());
    assertEquals(20.0, ((Number) args.get("kernel-duration-us")).doubleValue());
    assertEquals(4294967296L, args.get("taskId"));
    Map<String, Object> scheduled =
        one(chip, e -> e.get("name").equals("AIC task") && e.get("pid").equals(3));
    assertEquals(4.0, number(scheduled, "ts"));
    assertEquals(24.0, number(scheduled, "dur"));

    List<Map<String, Object>> old = levelFour(TraceBuilder.L2);
    Map<String, Object> bare =
        one(old, e -> e.get("name").equals("AIC task") && e.get("pid").equals(4));
    assertEquals(6.0, number(bare, "ts"), "from the start on");
    assertEquals(2, named(old, "setup").size());
    assertEquals(5.8, number(named(old, "setup").get(0), "ts"));
    assertEquals(0.2, number(named(old, "setup").get(0), "dur"));
  }

  private static double number(Map<String, Object> event, String key) {
    return ((Number) event.get(key)).doubleValue();
  }

  @Test
  void shouldDrawPhasesSubmissionsAndTheQueue() throws IOException {
    List<Map<String, Object>> events = levelFour(TraceBuilder.CHIP);
    Map<String, Object> dispatch =
        one(events, e -> e.get("name").equals("dispatch") && e.get("ph").equals("X"));
    assertEquals("terrible", dispatch.get("cname"));
    assertEquals("scheduler", dispatch.get("cat"));
    assertEquals("1,1,0", ((Map<?, ?>) dispatch.get("args")).get("shared_at_start (aic,aiv,mix)"));
    Map<String, Object> complete =
        one(events, e -> e.get("name").equals("complete") && e.get("ph").equals("X"));
    assertEquals("good", complete.get("cname"));
    assertEquals(1, ((Map<?, ?>) complete.get("args")).get("finish_rows_attributed"));
    Map<String, Object> submit = one(events, e -> e.get("name").equals("submit"));
    assertEquals("rail_animation", submit.get("cname"));
    assertEquals(4294967296L, ((Map<?, ?>) submit.get("args")).get("taskId"));
    List<Map<String, Object>> queue = named(events, "shared_ready_queue");
    assertEquals(2, queue.size());
    assertEquals(Map.of("AIC", 0, "AIV", 1, "MIX", 0), queue.get(0).get("args"));
  }

  @Test
  void shouldDrawTheArrowsThatNeedNoFile() throws IOException {
    List<String> arrows =
        levelFour(TraceBuilder.CHIP).stream()
            .filter(event -> event.get("ph").equals("s"))
            .map(event -> event.get("name") + " " + event.get("pid") + "@" + event.get("ts"))
            .sorted()
            .toList();
    assertEquals(
        List.of(
            "complete 3@27.98",
            "complete 4@25.98",
            "dispatch 2@4",
            "dispatch 2@4",
            "submit\u2192dispatch 1@1.2"),
        arrows.stream().map(text -> text.replaceAll("0+$|\\.0+$", "")).toList());
  }

  @Test
  void shouldDrawDependenciesAndNamesFromTheFiles() throws IOException {
    long[] edges = {4294967296L, 4294967297L};
    long[] tasks = {4294967296L, 3, -1, -1, 4294967297L, -1, 5, -1};
    List<Map<String, Object>> events =
        Exports.events(
            TraceBuilder.levelFour(TraceBuilder.CHIP).build(),
            Exports.with(
                ExportFormat.CHROME_TRACE,
                new TaskGraph(edges, tasks, 0),
                new NameMap(Map.of(5, "softmax"), "attention")));
    assertEquals(2, named(events, "func_3_d").size());
    assertEquals(2, named(events, "softmax").size());
    Map<String, Object> first =
        one(events, e -> e.get("name").equals("func_3_d") && e.get("pid").equals(4));
    assertEquals("1: [4294967297]", ((Map<?, ?>) first.get("args")).get("fanout-hint"));
    List<Map<String, Object>> dependencies = named(events, "dependency");
    assertEquals(4, dependencies.size(), "in the worker view and in the scheduler's");
    assertEquals(
        "AICPU attention",
        ((Map<?, ?>)
                one(events, e -> e.get("name").equals("process_name") && e.get("pid").equals(1))
                    .get("args"))
            .get("name"));
  }

  @Test
  void shouldCallADependencyThatTheTimesContradictAViolation() throws IOException {
    long[] edges = {4294967297L, 4294967296L};
    List<Map<String, Object>> events =
        Exports.events(
            TraceBuilder.levelFour(TraceBuilder.L2).build(),
            Exports.with(
                ExportFormat.CHROME_TRACE, new TaskGraph(edges, new long[0], 0), NameMap.NONE));
    assertEquals(4, named(events, "hb_violation").size());
    assertEquals(0, named(events, "dependency").size());
  }

  @Test
  void shouldLayTasksThatOverlapBesideEachOther() throws IOException {
    CaptureSource source =
        new TraceBuilder(TraceBuilder.CHIP, 2, 1, 0, 9)
            .aicore(0, 1, 0, 110, 120, 0)
            .aicore(0, 2, 1, 130, 140, 0)
            .aicore(0, 3, 2, 150, 160, 0)
            .aicpu(0, 0, 100, 125)
            .aicpu(0, 1, 105, 145)
            .aicpu(0, 2, 126, 165)
            .build();
    List<Object> lanes =
        Exports.events(source, Exports.chrome()).stream()
            .filter(e -> e.get("ph").equals("X") && e.get("pid").equals(3))
            .map(e -> e.get("tid"))
            .toList();
    assertEquals(List.of(10000, 10001, 10000), lanes);
  }

  @Test
  void shouldDrawAllocationsAndDummiesOnTheAicpusOwnLanes() throws IOException {
    TraceBuilder chip =
        new TraceBuilder(TraceBuilder.CHIP, 4, 1, 0, 9)
            .aicore(0, 5, 0, 110, 120, 0)
            .aicpu(0, 0, 100, 125)
            .submit(0, 0, 5, 50, 55)
            .submit(0, 1, 6, 60, 65)
            .submit(0, 2, 7, 70, 75)
            .phase(1, 7, 80, 80, 1, 1, 7, 0);
    List<Map<String, Object>> events = Exports.events(chip.build(), Exports.chrome());
    Map<String, Object> alloc = one(events, e -> e.get("name").equals("alloc"));
    assertEquals(19002, alloc.get("tid"), "behind the two scheduler threads");
    Map<String, Object> dummy = one(events, e -> e.get("name").equals("dummy"));
    assertEquals(19001, dummy.get("tid"));
    assertEquals(0.02, number(dummy, "dur"), "wide enough to be seen");
  }

  @Test
  void shouldFindTheThreadOfACoreByVoteIfTheDeviceDidNotSay() throws IOException {
    TraceBuilder builder = new TraceBuilder(TraceBuilder.CHIP, 4, 1, 0, 9);
    for (int i = 0; i < 5; i++) {
      builder
          .aicore(0, i, i, 110 + 100L * i, 120 + 100L * i, 0)
          .aicpu(0, i, 105 + 100L * i, 125 + 100L * i)
          .phase(0, 1, 60 + 100L * i, 90 + 100L * i, i, 1)
          .phase(1, 1, 100 + 100L * i, 108 + 100L * i, i, 1);
    }
    Set<Object> threads =
        Exports.events(builder.build(), Exports.chrome()).stream()
            .filter(e -> e.get("ph").equals("s") && e.get("name").equals("dispatch"))
            .map(e -> e.get("tid"))
            .collect(Collectors.toSet());
    assertEquals(Set.of(30010), threads);
  }
}
