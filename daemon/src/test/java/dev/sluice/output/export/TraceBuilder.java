package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import dev.sluice.output.capture.CaptureBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Makes captures by hand, record by record, in memory. */
final class TraceBuilder {
  static final String CHIP = "chip-2026.08/a2a3";
  static final String L2 = "l2-2026.06/a2a3";

  private record Pool(BufferKind kind, int instance) {}

  /** One frame: its run, and its records. */
  private record Block(int run, ByteBuffer records) {}

  private final Map<Pool, List<Block>> pools =
      new TreeMap<>(
          (a, b) ->
              a.kind() != b.kind()
                  ? a.kind().compareTo(b.kind())
                  : Integer.compare(a.instance(), b.instance()));
  private final int recordsPerFrame;
  private TraceFacts facts;
  private int run;

  /** A capture of {@code aicCores} AIC and then AIV cores, without {@code core_to_thread}. */
  TraceBuilder(String layout, int level, int aicCores, int aivCores, int recordsPerFrame) {
    Geometry geometry =
        new Geometry(Layout.parse(layout), aicCores + aivCores, 2, level >= 4 ? 1 : 0, level);
    List<Integer> types = new ArrayList<>(Collections.nCopies(aicCores, TraceFacts.CORE_TYPE_AIC));
    types.addAll(Collections.nCopies(aivCores, TraceFacts.CORE_TYPE_AIV));
    facts = new TraceFacts(geometry, 50_000_000, types, List.of());
    this.recordsPerFrame = recordsPerFrame;
  }

  TraceBuilder coreToThread(List<Integer> threads) {
    facts = new TraceFacts(facts.geometry(), facts.clockHz(), facts.coreTypes(), threads);
    return this;
  }

  /** From here on the device runs anew. */
  TraceBuilder nextRun() {
    run++;
    return this;
  }

  TraceFacts facts() {
    return facts;
  }

  TraceBuilder aicore(int core, long taskId, int token, long start, long end, int toStart) {
    return add(
        BufferKind.AICORE_TASK,
        core,
        record ->
            record
                .putLong(AicoreTaskRecord.START_TIME_OFFSET, start)
                .putLong(AicoreTaskRecord.END_TIME_OFFSET, end)
                .putLong(AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET, taskId)
                .putInt(AicoreTaskRecord.REG_TASK_ID_OFFSET, token)
                .putInt(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET, toStart));
  }

  TraceBuilder aicpu(int core, int token, long dispatch, long finish) {
    return add(
        BufferKind.AICPU_TASK,
        core,
        record ->
            record
                .putLong(AicpuTaskRecord.DISPATCH_TIME_OFFSET, dispatch)
                .putLong(AicpuTaskRecord.FINISH_TIME_OFFSET, finish)
                .putInt(AicpuTaskRecord.REG_TASK_ID_OFFSET, token));
  }

  TraceBuilder phase(int thread, int kind, long start, long end, int loop, int tasks) {
    return phase(thread, kind, start, end, loop, tasks, 0, 0, new int[6]);
  }

  TraceBuilder phase(
      int thread,
      int kind,
      long start,
      long end,
      int loop,
      int tasks,
      int word28,
      int word32,
      int... depths) {
    return add(
        BufferKind.SCHED_PHASE,
        thread,
        record -> {
          SchedPhaseRecord fields = facts.phaseRecord();
          record
              .putLong(SchedPhaseRecord.START_TIME_OFFSET, start)
              .putLong(SchedPhaseRecord.END_TIME_OFFSET, end)
              .putInt(fields.loopIterOffset(), loop)
              .putInt(fields.kindOffset(), kind)
              .putInt(fields.tasksProcessedOffset(), tasks)
              .putInt(fields.popHitOffset(), word28)
              .putInt(fields.popMissOffset(), word32);
          for (int i = 0; i < depths.length; i++) {
            record.putShort(fields.sharedDepthAtStartOffset() + 2 * i, (short) depths[i]);
          }
        });
  }

  TraceBuilder phase(int thread, SchedPhaseKind kind, long start, long end, int loop, int tasks) {
    return phase(thread, kind.ordinal(), start, end, loop, tasks);
  }

  TraceBuilder submit(int lane, int index, long taskId, long start, long end) {
    return add(
        BufferKind.ORCH_PHASE,
        lane,
        record ->
            record
                .putLong(OrchPhaseRecord.START_TIME_OFFSET, start)
                .putLong(OrchPhaseRecord.END_TIME_OFFSET, end)
                .putLong(OrchPhaseRecord.TASK_ID_OFFSET, taskId)
                .putInt(OrchPhaseRecord.SUBMIT_IDX_OFFSET, index));
  }

  private TraceBuilder add(BufferKind kind, int instance, Consumer<ByteBuffer> content) {
    List<Block> blocks = pools.computeIfAbsent(new Pool(kind, instance), p -> new ArrayList<>());
    Block last = blocks.isEmpty() ? null : blocks.get(blocks.size() - 1);
    int bytes = kind.recordBytes();
    if (last == null || last.run() != run || last.records().position() == recordsPerFrame * bytes) {
      last =
          new Block(
              run, ByteBuffer.allocate(recordsPerFrame * bytes).order(ByteOrder.LITTLE_ENDIAN));
      blocks.add(last);
    }
    ByteBuffer records = last.records();
    content.accept(records.slice(records.position(), bytes).order(ByteOrder.LITTLE_ENDIAN));
    records.position(records.position() + bytes);
    return this;
  }

  /** The level-4 example of the format's description (abi.md 6.3). */
  static TraceBuilder levelFour(String layout) {
    return new TraceBuilder(layout, 4, 1, 2, 100)
        .coreToThread(List.of(0, 0, 0))
        .aicore(0, 4294967296L, 0, 1000, 2000, 10)
        .aicore(1, 4294967297L, 0, 2500, 3000, 5)
        .aicpu(0, 0, 900, 2100)
        .aicpu(1, 0, 2300, 3100)
        .phase(0, 1, 850, 910, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0)
        .phase(0, 0, 2080, 2120, 7, 1, 0, 0, 0, 0, 0, 0, 1, 0)
        .submit(0, 0, 4294967296L, 700, 760);
  }

  /** The level-1 example of the format's description (abi.md 6.3). */
  static TraceBuilder levelOne(String layout) {
    return new TraceBuilder(layout, 1, 1, 0, 100).aicore(0, 4294967296L, 0, 1000, 2000, 10);
  }

  /** What was built, for the exporters. */
  RecordSource build() {
    return new RecordSource() {
      @Override
      public TraceFacts facts() {
        return facts;
      }

      @Override
      public int instances(BufferKind kind) {
        return facts.geometry().layout().poolCount(kind, facts.geometry().numCores());
      }

      private List<Block> blocks(BufferKind kind, int instance) {
        return pools.getOrDefault(new Pool(kind, instance), List.of());
      }

      @Override
      public int frameCount(BufferKind kind, int instance) {
        return blocks(kind, instance).size();
      }

      @Override
      public int recordCount(BufferKind kind, int instance, int frame) {
        return blocks(kind, instance).get(frame).records().position() / kind.recordBytes();
      }

      @Override
      public int run(BufferKind kind, int instance, int frame) {
        return blocks(kind, instance).get(frame).run();
      }

      @Override
      public ByteBuffer frame(BufferKind kind, int instance, int frame) {
        ByteBuffer records = blocks(kind, instance).get(frame).records();
        return records.duplicate().flip().slice().order(ByteOrder.LITTLE_ENDIAN);
      }
    };
  }

  /** What was built, as a capture on disk, the frames of the pools taking turns. */
  void writeTo(Path directory) throws IOException {
    Geometry geometry = facts.geometry();
    try (CaptureBuilder capture =
        new CaptureBuilder(
            directory,
            CaptureBuilder.manifest(
                geometry.layout().id(),
                geometry.numCores(),
                geometry.schedThreads(),
                geometry.orchThreads(),
                geometry.level()))) {
      for (int runNow = 0; runNow <= run; runNow++) {
        capture.run(runNow + 1, 0);
        for (int frame = 0, written = 1; written > 0; frame++) {
          written = 0;
          for (Map.Entry<Pool, List<Block>> pool : pools.entrySet()) {
            int now = runNow;
            List<Block> blocks =
                pool.getValue().stream().filter(block -> block.run() == now).toList();
            if (frame < blocks.size()) {
              capture.records(
                  pool.getKey().kind(),
                  pool.getKey().instance(),
                  0,
                  frame,
                  1000L * frame,
                  blocks.get(frame).records().duplicate().flip());
              written++;
            }
          }
          if (frame % 3 == 2) {
            capture.roll();
          }
        }
      }
    }
  }
}
