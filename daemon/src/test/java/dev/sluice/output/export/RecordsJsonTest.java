package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.PhaseNumbering;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordsJsonTest {
  private static final ExportFormat FORMAT = ExportFormat.RECORDS_JSON;

  private static final String LEVEL_1 =
      """
      {"chip_swimlane_level":1,
       "metadata":{"clock_freq_hz":50000000,"num_cores":1,"core_types":["aic"]},
       "aicore_tasks":[[0,4294967296,0,1000,2000,10]],
       "aicpu_tasks":[]}
      """;

  private static final String LEVEL_4 =
      """
      {"chip_swimlane_level":4,
       "metadata":{"clock_freq_hz":50000000,"num_cores":3,"core_types":["aic","aiv","aiv"],
                   "core_to_thread":[0,0,0]},
       "aicore_tasks":[[0,4294967296,0,1000,2000,10],[1,4294967297,0,2500,3000,5]],
       "aicpu_tasks":[[0,0,900,2100],[1,0,2300,3100]],
       "aicpu_scheduler_phases":[[
         {"kind":"dispatch","start_cycles":850,"end_cycles":910,"loop_iter":1,"tasks_processed":1,
          "pop_hit":1,"pop_miss":0,"shared_at_start":[1,1,0],"shared_at_end":[0,1,0]},
         {"kind":"complete","start_cycles":2080,"end_cycles":2120,"loop_iter":7,
          "tasks_processed":1,"shared_at_start":[0,0,0],"shared_at_end":[0,1,0]}],[],[],[]],
       "aicpu_orchestrator_phases":[[
         {"submit_idx":0,"task_id":4294967296,"start_cycles":700,"end_cycles":760}]]}
      """;

  private static String compact(String json) {
    return json.replaceAll("\\s", "");
  }

  @Test
  void shouldWriteTheExamplesOfTheFormatToTheLetter() throws IOException {
    assertEquals(
        compact(LEVEL_1),
        compact(Exports.text(TraceBuilder.levelOne(TraceBuilder.CHIP).build(), FORMAT)));
    assertEquals(
        compact(LEVEL_4),
        compact(Exports.text(TraceBuilder.levelFour(TraceBuilder.CHIP).build(), FORMAT)));
  }

  @Test
  void shouldNameTheLevelAsTheGenerationDoes() throws IOException {
    String old = Exports.text(TraceBuilder.levelFour(TraceBuilder.L2).build(), FORMAT);
    assertEquals(
        compact(LEVEL_4).replace("chip_swimlane_level", "l2_swimlane_level"), compact(old));
  }

  @Test
  void shouldKeepTheOrderOfCollectionWithinACore() throws IOException {
    CaptureSource source =
        new TraceBuilder(TraceBuilder.L2, 1, 2, 0, 2)
            .aicore(1, 7, 0, 50, 60, 0)
            .aicore(0, 1, 0, 30, 40, 0)
            .aicore(0, 2, 1, 10, 20, 0)
            .aicore(0, 3, 2, 5, 8, 0)
            .build();
    assertEquals(
        List.of(
            List.of(0, 1, 0, 30, 40, 0),
            List.of(0, 2, 1, 10, 20, 0),
            List.of(0, 3, 2, 5, 8, 0),
            List.of(1, 7, 0, 50, 60, 0)),
        Exports.json(source, FORMAT).get("aicore_tasks"));
  }

  @Test
  void shouldWriteAllBitsOfUnsignedFields() throws IOException {
    CaptureSource source =
        new TraceBuilder(TraceBuilder.CHIP, 1, 1, 0, 2)
            .aicore(0, -1L, -1, Long.MIN_VALUE + 5, -2, -1)
            .build();
    List<?> row = (List<?>) ((List<?>) Exports.json(source, FORMAT).get("aicore_tasks")).get(0);
    assertEquals(new BigInteger("18446744073709551615"), row.get(1));
    assertEquals(4294967295L, row.get(2));
    assertEquals(new BigInteger("9223372036854775813"), row.get(3));
    assertEquals(new BigInteger("18446744073709551614"), row.get(4));
    assertEquals(4294967295L, row.get(5));
  }

  private static final String NEWEST =
      """
      {"chip_swimlane_level":4,
       "metadata":{"runtime":"tensormap_and_ringbuffer","clock_freq_hz":50000000,"num_cores":3,
                   "core_types":["aic","aiv","aiv"],"core_to_thread":[0,0,0]},
       "aicore_tasks":[[0,4294967296,0,1000,2000,10,1],[0,4294967300,0,5000,5100,1,77]],
       "scheduler_tasks":{"producer":"aicpu","records":[
         [0,0,900,2100,1],[0,0,4900,5200,77],[2,7,4900,5200,77]]},
       "scheduler_records":{"streams":[
         {"platform":"a2a3","producer":"aicpu","scheduler_id":1,"worker_id":1,"core_type":"aicpu",
          "physical_core_id":null,
          "records":[
            {"kind":"dispatch","start_cycles":850,"end_cycles":910,"run_epoch":1,"loop_iter":1,
             "tasks_processed":1,"task_id":null},
            {"kind":"dummy_task","start_cycles":2080,"end_cycles":2120,"run_epoch":1,"loop_iter":7,
             "tasks_processed":1,"task_id":8589934597}],
          "metrics":[
            {"record_index":0,"pop_hit":3,"pop_miss":4,
             "shared_at_start":[1,1,0],"shared_at_end":[0,1,0]},
            {"record_index":1,"shared_at_start":[0,0,0],"shared_at_end":[0,1,0]}],
          "capture":{"committed":2,"dropped":9,"truncated":true}}]},
       "aicpu_orchestrator_phases":[[
         {"submit_idx":0,"task_id":4294967296,"start_cycles":700,"end_cycles":760,"run_epoch":1}]]}
      """;

  /** One AICore row has no AICPU row, and its token occurs again in the next run. */
  private static TraceBuilder newest() {
    return new TraceBuilder(TraceBuilder.NEWEST, 4, 1, 2, 100)
        .coreToThread(List.of(0, 0, 0))
        .window(0, 600, 3000)
        .window(77, 4000, 6000)
        .aicore(0, 4294967296L, 0, 1000, 2000, 10)
        .aicore(1, 4294967297L, 0, 2500, 3000, 5)
        .aicpu(0, 0, 900, 2100)
        .phase(1, 1, 850, 910, 1, 1, 3, 4, 1, 1, 0, 0, 1, 0)
        .phase(1, 10, 2080, 2120, 7, 1, 5, 2, 0, 0, 0, 0, 1, 0)
        .submit(0, 0, 4294967296L, 700, 760)
        .drop(BufferKind.SCHED_PHASE, 1, DropCause.HOST_LATE, 9, 3000)
        .nextRun()
        .aicore(0, 4294967300L, 0, 5000, 5100, 1)
        .aicpu(0, 0, 4900, 5200)
        .aicpu(2, 7, 4900, 5200);
  }

  @Test
  void shouldWriteTheSchemaOfTheNewestRuntimes() throws IOException {
    assertEquals(compact(NEWEST), compact(Exports.text(newest().build(), FORMAT)));
    ExportSummary summary =
        Exports.exporter(newest().build(), ExportRequest.of(FORMAT))
            .toStream(OutputStream.nullOutputStream());
    assertEquals(1, summary.counts().aicoreWithoutAicpu);
    assertEquals(0, summary.counts().aicpuWithoutAicore, "is in the file");
  }

  @SuppressWarnings("unchecked") // the parser maps every object to a Map
  private static List<Map<String, Object>> phases(CaptureSource source) throws IOException {
    List<List<Map<String, Object>>> threads =
        (List<List<Map<String, Object>>>)
            Exports.json(source, FORMAT).get("aicpu_scheduler_phases");
    return threads.get(0);
  }

  private static TraceBuilder everyPhase(String layout) {
    TraceBuilder builder = new TraceBuilder(layout, 3, 1, 0, 100).aicore(0, 1, 0, 5, 6, 0);
    for (int kind = 0; kind <= PhaseNumbering.CHIP_2026_08.size(); kind++) {
      builder.phase(0, kind, 10 + kind, 11 + kind, kind, 3, 77, 2, -1, 2, 3, 4, 5, -6);
    }
    return builder;
  }

  @Test
  void shouldGiveEachPhaseTheKeysOfItsKindInTheNewestGeneration() throws IOException {
    List<Map<String, Object>> phases = phases(everyPhase(TraceBuilder.CHIP).build());
    assertEquals(PhaseNumbering.CHIP_2026_08.size() + 1, phases.size());
    List<String> withTask = List.of("dummy_task", "predicated_skip", "graph_prepare");
    for (Map<String, Object> phase : phases) {
      String kind = (String) phase.get("kind");
      assertEquals(kind.equals("dispatch"), phase.containsKey("pop_hit"), kind);
      assertEquals(kind.equals("dispatch"), phase.containsKey("pop_miss"), kind);
      assertEquals(withTask.contains(kind), phase.containsKey("task_id"), kind);
      assertEquals(List.of(-1, 2, 3), phase.get("shared_at_start"));
      assertEquals(List.of(4, 5, -6), phase.get("shared_at_end"));
    }
    assertEquals((2L << 32) + 77, phases.get(7).get("task_id"));
    assertEquals("unknown", phases.get(PhaseNumbering.CHIP_2026_08.size()).get("kind"));
  }

  @Test
  void shouldNotKnowTheNewKindsInAnOldGeneration() throws IOException {
    List<Map<String, Object>> phases = phases(everyPhase(TraceBuilder.L2).build());
    assertEquals("dummy_task", phases.get(7).get("kind"));
    assertFalse(phases.get(7).containsKey("task_id"));
    assertEquals(77, phases.get(1).get("pop_hit"));
    assertEquals("unknown", phases.get(8).get("kind"));
  }

  @Test
  void shouldLeaveOutWhatTheLevelDoesNotHave() throws IOException {
    Map<String, Object> levelTwo =
        Exports.json(
            new TraceBuilder(TraceBuilder.L2, 2, 1, 0, 9).aicpu(0, 0, 1, 2).build(), FORMAT);
    assertEquals(
        List.of("l2_swimlane_level", "metadata", "aicore_tasks", "aicpu_tasks"),
        new ArrayList<>(levelTwo.keySet()));
    assertFalse(((Map<?, ?>) levelTwo.get("metadata")).containsKey("core_to_thread"));
  }

  @Test
  void shouldWriteSubmissionsAsTheGenerationDoes() throws IOException {
    String key = "aicpu_orchestrator_phases";
    TraceBuilder chip =
        new TraceBuilder(TraceBuilder.CHIP, 3, 1, 0, 9).aicpu(0, 0, 1, 2).submit(0, 1, 2, 3, 4);
    assertTrue(Exports.json(chip.build(), FORMAT).containsKey(key), "level 3, newest");
    TraceBuilder old =
        new TraceBuilder(TraceBuilder.L2, 3, 1, 0, 9).aicpu(0, 0, 1, 2).submit(0, 1, 2, 3, 4);
    assertFalse(Exports.json(old.build(), FORMAT).containsKey(key), "level 3, old");
    TraceBuilder none = new TraceBuilder(TraceBuilder.L2, 4, 1, 0, 9).aicpu(0, 0, 1, 2);
    assertFalse(Exports.json(none.build(), FORMAT).containsKey(key), "level 4, no record");
  }

  @Test
  void shouldRefuseWhereTheRuntimeWritesNoFile() throws IOException {
    CaptureSource empty = new TraceBuilder(TraceBuilder.CHIP, 4, 1, 0, 9).build();
    assertThrows(ExportException.class, () -> Exports.text(empty, FORMAT));
    CaptureSource phasesOnly =
        new TraceBuilder(TraceBuilder.L2, 4, 1, 0, 9).phase(0, 0, 1, 2, 1, 1).build();
    assertThrows(ExportException.class, () -> Exports.text(phasesOnly, FORMAT));
    CaptureSource chipPhases =
        new TraceBuilder(TraceBuilder.CHIP, 4, 1, 0, 9).phase(0, 0, 1, 2, 1, 1).build();
    assertEquals(List.of(), Exports.json(chipPhases, FORMAT).get("aicore_tasks"));
  }

  @Test
  void shouldKeepOnlyTheWindowAndTheCoresAskedFor() throws IOException {
    TraceBuilder builder = new TraceBuilder(TraceBuilder.CHIP, 1, 2, 0, 3);
    for (int i = 0; i < 20; i++) {
      // One task per microsecond on each core; 50 ticks are a microsecond.
      builder.aicore(0, i, i, 1000 + 50L * i, 1040 + 50L * i, 0);
      builder.aicore(1, i, i, 1000 + 50L * i, 1040 + 50L * i, 0);
    }
    ExportRequest request = Exports.part(FORMAT, 4_900, 9_000, 1);
    List<?> rows =
        (List<?>) JSON.std.mapFrom(Exports.bytes(builder.build(), request)).get("aicore_tasks");
    List<Integer> tokens = rows.stream().map(row -> (Integer) ((List<?>) row).get(2)).toList();
    assertEquals(List.of(5, 6, 7, 8), tokens);
    assertTrue(rows.stream().allMatch(row -> ((List<?>) row).get(0).equals(1)));
  }
}
