package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The file that the runtime writes itself, for the runtime's own tools (abi.md 6.1): same keys,
 * same order, same conditions. Rows are grouped by core in collection order, one row a line.
 *
 * <p>Goes through the pools one after the other, so that no more than a frame is held.
 */
final class RecordsJsonExport {
  private static final byte[] ROW_START = ByteOutput.ascii("\n[");
  private static final byte[] KIND = ByteOutput.ascii("\n{\"kind\":\"");
  private static final byte[] START_CYCLES = ByteOutput.ascii("\",\"start_cycles\":");
  private static final byte[] END_CYCLES = ByteOutput.ascii(",\"end_cycles\":");
  private static final byte[] LOOP_ITER = ByteOutput.ascii(",\"loop_iter\":");
  private static final byte[] TASKS_PROCESSED = ByteOutput.ascii(",\"tasks_processed\":");
  private static final byte[] POP_HIT = ByteOutput.ascii(",\"pop_hit\":");
  private static final byte[] POP_MISS = ByteOutput.ascii(",\"pop_miss\":");
  private static final byte[] TASK_ID = ByteOutput.ascii(",\"task_id\":");
  private static final byte[] SHARED_AT_START = ByteOutput.ascii(",\"shared_at_start\":[");
  private static final byte[] SHARED_AT_END = ByteOutput.ascii("],\"shared_at_end\":[");
  private static final byte[] PHASE_END = ByteOutput.ascii("]}");
  private static final byte[] SUBMIT_IDX = ByteOutput.ascii("\n{\"submit_idx\":");
  private static final byte[] SUBMIT_START = ByteOutput.ascii(",\"start_cycles\":");
  private static final byte[] UNKNOWN_KIND = ByteOutput.ascii("unknown");
  private static final List<byte[]> KIND_NAMES =
      SchedPhaseKind.ALL.stream().map(kind -> ByteOutput.ascii(kind.jsonName())).toList();

  // Keys, eight numbers and a kind's name: no row is longer.
  private static final int MAX_ROW_BYTES = 512;

  private final RecordSource source;
  private final TraceFacts facts;
  private final ExportSelection selection;
  private final TimeWindow window;
  private final ExportMonitor monitor;
  private final ByteOutput out;
  private long rows;

  private RecordsJsonExport(
      RecordSource source,
      ExportSelection selection,
      TimeWindow window,
      ExportMonitor monitor,
      ByteOutput out) {
    this.source = source;
    this.facts = source.facts();
    this.selection = selection;
    this.window = window;
    this.monitor = monitor;
    this.out = out;
  }

  /**
   * Writes the whole file.
   *
   * @return rows written
   * @throws ExportException if there is nothing that the runtime would have written a file for
   */
  static long write(
      RecordSource source,
      ExportSelection selection,
      TimeWindow window,
      LevelKey levelKey,
      ExportMonitor monitor,
      ByteOutput out)
      throws IOException {
    RecordsJsonExport export = new RecordsJsonExport(source, selection, window, monitor, out);
    export.requireRecords();
    export.writeAll(levelKey);
    return export.rows;
  }

  private void requireRecords() throws ExportException {
    long tasks = source.records(BufferKind.AICORE_TASK) + source.records(BufferKind.AICPU_TASK);
    long phases = source.records(BufferKind.SCHED_PHASE) + source.records(BufferKind.ORCH_PHASE);
    if (facts.isChip() ? tasks + phases == 0 : tasks == 0) {
      throw new ExportException(
          facts.isChip()
              ? "the capture has no record, and the runtime writes no file then"
              : "the capture has no task record, and this runtime writes no file then");
    }
  }

  private void writeAll(LevelKey levelKey) throws IOException {
    int level = facts.geometry().level();
    out.putText("{\"" + levelKey.keyFor(facts.generation()) + "\":" + level);
    out.putText(",\n\"metadata\":{" + metadata() + "}");
    out.putText(",\n\"aicore_tasks\":[");
    writeTasks(BufferKind.AICORE_TASK);
    out.putText("],\n\"aicpu_tasks\":[");
    writeTasks(BufferKind.AICPU_TASK);
    out.putText("]");
    if (level >= BufferKind.SCHED_PHASE.minimumLevel()) {
      out.putText(",\n\"aicpu_scheduler_phases\":[");
      for (int thread = 0; thread < facts.maxThreads(); thread++) {
        out.putText(thread == 0 ? "[" : ",[");
        writeLane(BufferKind.SCHED_PHASE, thread);
        out.putText("]");
      }
      out.putText("]");
    }
    if (hasOrchestratorPhases(level)) {
      out.putText(",\n\"aicpu_orchestrator_phases\":[");
      for (int lane = 0; lane < orchestratorLanes(); lane++) {
        out.putText(lane == 0 ? "[" : ",[");
        writeLane(BufferKind.ORCH_PHASE, lane);
        out.putText("]");
      }
      out.putText("]");
    }
    out.putText("}\n");
  }

  private String metadata() {
    List<String> coreTypes = new ArrayList<>();
    for (int core = 0; core < facts.geometry().numCores(); core++) {
      coreTypes.add(facts.isAic(core) ? "\"aic\"" : "\"aiv\"");
    }
    String metadata =
        "\"clock_freq_hz\":"
            + facts.clockHz()
            + ",\"num_cores\":"
            + facts.geometry().numCores()
            + ",\"core_types\":["
            + String.join(",", coreTypes)
            + "]";
    if (facts.coreToThread().isEmpty()) {
      return metadata;
    }
    return metadata
        + facts.coreToThread().stream()
            .map(String::valueOf)
            .collect(Collectors.joining(",", ",\"core_to_thread\":[", "]"));
  }

  private boolean hasOrchestratorPhases(int level) {
    int lowest = facts.isChip() ? 3 : 4;
    return level >= lowest && source.records(BufferKind.ORCH_PHASE) > 0;
  }

  /** As many as the device announced; a lane beyond that which has records is not left out. */
  private int orchestratorLanes() {
    int lanes = facts.geometry().orchThreads();
    for (int lane = lanes; lane < source.instances(BufferKind.ORCH_PHASE); lane++) {
      if (source.frameCount(BufferKind.ORCH_PHASE, lane) > 0) {
        lanes = lane + 1;
      }
    }
    return lanes;
  }

  private void writeTasks(BufferKind kind) throws IOException {
    boolean isFirst = true;
    for (int core = 0; core < source.instances(kind); core++) {
      if (!selection.hasCore(core)) {
        continue;
      }
      PoolCursor cursor = PoolCursor.of(source, kind, core, window, monitor);
      while (cursor.next()) {
        out.ensure(MAX_ROW_BYTES);
        if (!isFirst) {
          out.put(',');
        }
        isFirst = false;
        out.put(ROW_START);
        out.putUnsigned(core);
        if (kind == BufferKind.AICORE_TASK) {
          putAicoreTask(cursor.records(), cursor.at());
        } else {
          putAicpuTask(cursor.records(), cursor.at());
        }
        out.put(']');
        rows++;
      }
    }
  }

  private void putAicoreTask(ByteBuffer records, int at) {
    putNext(records.getLong(at + AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET));
    putNext(u32(records, at + AicoreTaskRecord.REG_TASK_ID_OFFSET));
    putNext(records.getLong(at + AicoreTaskRecord.START_TIME_OFFSET));
    putNext(records.getLong(at + AicoreTaskRecord.END_TIME_OFFSET));
    putNext(u32(records, at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET));
  }

  private void putAicpuTask(ByteBuffer records, int at) {
    putNext(u32(records, at + AicpuTaskRecord.REG_TASK_ID_OFFSET));
    putNext(records.getLong(at + AicpuTaskRecord.DISPATCH_TIME_OFFSET));
    putNext(records.getLong(at + AicpuTaskRecord.FINISH_TIME_OFFSET));
  }

  private void putNext(long value) {
    out.put(',');
    out.putUnsigned(value);
  }

  private void writeLane(BufferKind kind, int lane) throws IOException {
    if (lane >= source.instances(kind)) {
      return;
    }
    PoolCursor cursor = PoolCursor.of(source, kind, lane, window, monitor);
    boolean isFirst = true;
    while (cursor.next()) {
      out.ensure(MAX_ROW_BYTES);
      if (!isFirst) {
        out.put(',');
      }
      isFirst = false;
      if (kind == BufferKind.SCHED_PHASE) {
        putPhase(cursor.records(), cursor.at());
      } else {
        putSubmit(cursor.records(), cursor.at());
      }
      rows++;
    }
  }

  private void putPhase(ByteBuffer records, int at) {
    SchedPhaseRecord record = facts.phaseRecord();
    SchedPhaseKind kind = facts.phaseNumbering().kind(record.kind(records, at));
    out.put(KIND);
    out.put(kind == null ? UNKNOWN_KIND : KIND_NAMES.get(kind.ordinal()));
    out.putNumber(START_CYCLES, records.getLong(at + SchedPhaseRecord.START_TIME_OFFSET));
    out.putNumber(END_CYCLES, records.getLong(at + SchedPhaseRecord.END_TIME_OFFSET));
    out.putNumber(LOOP_ITER, u32(records, at + record.loopIterOffset()));
    out.putNumber(TASKS_PROCESSED, u32(records, at + record.tasksProcessedOffset()));
    long popHit = u32(records, at + record.popHitOffset());
    long popMiss = u32(records, at + record.popMissOffset());
    if (kind == SchedPhaseKind.DISPATCH) {
      out.putNumber(POP_HIT, popHit);
      out.putNumber(POP_MISS, popMiss);
    } else if (kind != null && facts.phaseNumbering().namesTask(kind)) {
      out.putNumber(TASK_ID, (popMiss << 32) | popHit);
    }
    out.put(SHARED_AT_START);
    putDepths(records, at + record.sharedDepthAtStartOffset());
    out.put(SHARED_AT_END);
    putDepths(records, at + record.sharedDepthAtEndOffset());
    out.put(PHASE_END);
  }

  private void putDepths(ByteBuffer records, int at) {
    out.putSigned(records.getShort(at));
    out.put(',');
    out.putSigned(records.getShort(at + Short.BYTES));
    out.put(',');
    out.putSigned(records.getShort(at + 2 * Short.BYTES));
  }

  private void putSubmit(ByteBuffer records, int at) {
    out.putNumber(SUBMIT_IDX, u32(records, at + OrchPhaseRecord.SUBMIT_IDX_OFFSET));
    out.putNumber(TASK_ID, records.getLong(at + OrchPhaseRecord.TASK_ID_OFFSET));
    out.putNumber(SUBMIT_START, records.getLong(at + OrchPhaseRecord.START_TIME_OFFSET));
    out.putNumber(END_CYCLES, records.getLong(at + OrchPhaseRecord.END_TIME_OFFSET));
    out.put('}');
  }

  private static long u32(ByteBuffer records, int at) {
    return Integer.toUnsignedLong(records.getInt(at));
  }
}
