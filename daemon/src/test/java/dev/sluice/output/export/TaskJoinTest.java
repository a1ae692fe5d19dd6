package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.testkit.Seeds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TaskJoinTest {
  /** Joined rows as (task id, dispatch) pairs, and the counts. */
  private record Joined(List<List<Long>> rows, ExportSummary.Counts counts) {}

  private static Joined join(TraceBuilder builder) throws IOException {
    ExportSummary.Counts counts = new ExportSummary.Counts();
    List<List<Long>> rows = new ArrayList<>();
    try (CaptureSource source = builder.build()) {
      TaskJoin join =
          new TaskJoin(
              cursor(source, BufferKind.AICPU_TASK),
              cursor(source, BufferKind.AICORE_TASK),
              counts);
      Row.Task task = new Row.Task();
      while (join.next(task)) {
        rows.add(List.of(task.taskId, task.dispatch));
      }
    }
    return new Joined(rows, counts);
  }

  private static RecordCursor cursor(CaptureSource source, BufferKind kind) throws IOException {
    return new RecordCursor(
        source, kind, 0, 0, ExportSelection.Window.ALL, true, ExportMonitor.NONE);
  }

  /**
   * Compares with the rule of the runtime's tools: a map by token in which the later record wins.
   * The first token makes the u32 wrap within the trace.
   */
  @Test
  void shouldJoinAsAMapByTokenWould() {
    Seeds.forEach(200, TaskJoinTest::joinAsAMapByTokenWould);
  }

  private static void joinAsAMapByTokenWould(Random random) throws IOException {
    int tasks = random.nextInt(401);
    // Gaps of either kind may exceed the look-ahead or be absent.
    int aicoreMissingPercent = random.nextInt(101);
    int aicpuMissingPercent = random.nextInt(101);
    int recordsPerFrame = 1 + random.nextInt(50);
    TraceBuilder builder = new TraceBuilder(TraceBuilder.CHIP, 2, 1, 0, recordsPerFrame);
    int first = -tasks / 2;
    Map<Integer, Long> aicore = new HashMap<>();
    List<List<Long>> expected = new ArrayList<>();
    List<Integer> aicpuTokens = new ArrayList<>();
    Set<Integer> joinedTokens = new HashSet<>();
    int unjoined = 0;
    for (int i = 0; i < tasks; i++) {
      int token = first + i;
      if (random.nextInt(100) >= aicoreMissingPercent) {
        builder.aicore(0, 1000 + i, token, 10 + 10L * i, 15 + 10L * i, 1);
        aicore.put(token, 1000L + i);
        if (random.nextInt(20) == 0) {
          builder.aicore(0, 5000 + i, token, 11 + 10L * i, 15 + 10L * i, 1);
          aicore.put(token, 5000L + i);
        }
      }
      if (random.nextInt(100) >= aicpuMissingPercent) {
        builder.aicpu(0, token, 9 + 10L * i, 18 + 10L * i);
        aicpuTokens.add(token);
        if (random.nextInt(20) == 0) {
          builder.aicpu(0, token, 9 + 10L * i, 18 + 10L * i);
          aicpuTokens.add(token);
        }
      }
    }
    for (int token : aicpuTokens) {
      Long task = aicore.get(token);
      if (task == null) {
        unjoined++;
      } else {
        expected.add(List.of(task, 9 + 10L * (token - first)));
        joinedTokens.add(token);
      }
    }
    Joined joined = join(builder);
    assertEquals(expected, joined.rows());
    assertEquals(unjoined, joined.counts().aicpuWithoutAicore);
    assertEquals(aicore.size() - joinedTokens.size(), joined.counts().aicoreWithoutAicpu);
  }

  @Test
  void shouldFindPartnersBeyondALongGapOnEitherSide() throws IOException {
    TraceBuilder builder = new TraceBuilder(TraceBuilder.CHIP, 2, 1, 0, 64);
    for (int token = 0; token < 9000; token++) {
      if (token < 100 || token >= 5000) {
        builder.aicore(0, token, token, 10 + 10L * token, 15 + 10L * token, 1);
      }
      if (token < 3000 || token >= 7000) {
        builder.aicpu(0, token, 9 + 10L * token, 18 + 10L * token);
      }
    }
    Joined joined = join(builder);
    assertEquals(100 + 2000, joined.rows().size());
    assertEquals(2900, joined.counts().aicpuWithoutAicore);
    assertEquals(2000, joined.counts().aicoreWithoutAicpu);
  }

  @Test
  void shouldCountATokenOnceBeyondTheLastPartner() throws IOException {
    TraceBuilder builder = new TraceBuilder(TraceBuilder.CHIP, 2, 1, 0, 4);
    builder.aicpu(0, 0, 9, 18);
    for (int run = 0; run < 2; run++) {
      for (int token = 0; token < 200; token++) {
        builder.aicore(0, 100 + token, token, 10 + 10L * token, 15 + 10L * token, 1);
        builder.aicore(0, 300 + token, token, 10 + 10L * token, 15 + 10L * token, 1);
      }
      builder.nextRun();
    }
    builder.aicpu(0, 0, 9009, 9018);
    Joined joined = join(builder);
    assertEquals(1, joined.rows().size());
    assertEquals(1, joined.counts().aicpuWithoutAicore);
    assertEquals(199 + 200, joined.counts().aicoreWithoutAicpu);
  }

  @Test
  void shouldNotMixTheRunsOfADevice() throws IOException {
    TraceBuilder builder = new TraceBuilder(TraceBuilder.CHIP, 2, 1, 0, 4);
    for (int token = 0; token < 10; token++) {
      builder.aicore(0, 100 + token, token, 10 + 10L * token, 15 + 10L * token, 1);
      builder.aicpu(0, token, 9 + 10L * token, 18 + 10L * token);
    }
    builder.nextRun();
    for (int token = 0; token < 7; token++) {
      builder.aicore(0, 200 + token, token, 1010 + 10L * token, 1015 + 10L * token, 1);
      if (token != 3) {
        builder.aicpu(0, token, 1009 + 10L * token, 1018 + 10L * token);
      }
    }
    Joined joined = join(builder);
    assertEquals(16, joined.rows().size());
    assertEquals(List.of(206L, 1069L), joined.rows().get(15));
    assertEquals(0, joined.counts().aicpuWithoutAicore);
    assertEquals(1, joined.counts().aicoreWithoutAicpu);
  }
}
