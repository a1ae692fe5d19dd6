package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One table per kind, every field of the record as a column, for spreadsheets and data frames. Rows
 * are grouped by core or thread in collection order; times are device ticks.
 */
final class CsvExport {
  private static final byte[] UNKNOWN_KIND = ByteOutput.ascii("unknown");
  private static final List<byte[]> KIND_NAMES =
      SchedPhaseKind.ALL.stream().map(kind -> ByteOutput.ascii(kind.jsonName())).toList();
  private static final int MAX_ROW_BYTES = 512;

  private final BufferKind kind;
  private final SchedPhaseRecord phaseRecord;
  private final PhaseNumbering numbering;
  private final ByteOutput out;

  private CsvExport(BufferKind kind, TraceFacts facts, ByteOutput out) {
    this.kind = kind;
    this.phaseRecord = facts.phaseRecord();
    this.numbering = facts.phaseNumbering();
    this.out = out;
  }

  /** The first line. */
  static String header(BufferKind kind) {
    return switch (kind) {
      case AICORE_TASK ->
          "core,reg_task_id,task_token_raw,ring,local,start_ticks,end_ticks,"
              + "receive_to_start_ticks";
      case AICPU_TASK -> "core,reg_task_id,dispatch_ticks,finish_ticks";
      case SCHED_PHASE ->
          "thread,kind,kind_number,start_ticks,end_ticks,loop_iter,tasks_processed,"
              + "pop_hit_or_local,pop_miss_or_ring,aic_at_start,aiv_at_start,mix_at_start,"
              + "aic_at_end,aiv_at_end,mix_at_end";
      case ORCH_PHASE -> "thread,submit_idx,task_id,ring,local,start_ticks,end_ticks";
    };
  }

  /** The whole table of a kind; returns its rows. */
  static long write(
      RecordSource source,
      BufferKind kind,
      ExportSelection selection,
      TimeWindow window,
      ExportMonitor monitor,
      ByteOutput out)
      throws IOException {
    CsvExport export = new CsvExport(kind, source.facts(), out);
    out.putText(header(kind) + "\n");
    long rows = 0;
    for (int instance = 0; instance < source.instances(kind); instance++) {
      if (kind.isPerCore() && !selection.hasCore(instance)) {
        continue;
      }
      PoolCursor cursor = PoolCursor.of(source, kind, instance, window, monitor);
      while (cursor.next()) {
        out.ensure(MAX_ROW_BYTES);
        out.putUnsigned(instance);
        export.putRecord(cursor.records(), cursor.at());
        out.put('\n');
        rows++;
      }
    }
    return rows;
  }

  private void putRecord(ByteBuffer records, int at) {
    switch (kind) {
      case AICORE_TASK -> {
        putU32(records, at + AicoreTaskRecord.REG_TASK_ID_OFFSET);
        putTaskId(records, at + AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET);
        putU64(records, at + AicoreTaskRecord.START_TIME_OFFSET);
        putU64(records, at + AicoreTaskRecord.END_TIME_OFFSET);
        putU32(records, at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
      }
      case AICPU_TASK -> {
        putU32(records, at + AicpuTaskRecord.REG_TASK_ID_OFFSET);
        putU64(records, at + AicpuTaskRecord.DISPATCH_TIME_OFFSET);
        putU64(records, at + AicpuTaskRecord.FINISH_TIME_OFFSET);
      }
      case SCHED_PHASE -> putPhase(records, at);
      case ORCH_PHASE -> {
        putU32(records, at + OrchPhaseRecord.SUBMIT_IDX_OFFSET);
        putTaskId(records, at + OrchPhaseRecord.TASK_ID_OFFSET);
        putU64(records, at + OrchPhaseRecord.START_TIME_OFFSET);
        putU64(records, at + OrchPhaseRecord.END_TIME_OFFSET);
      }
    }
  }

  private void putPhase(ByteBuffer records, int at) {
    int number = phaseRecord.kind(records, at);
    SchedPhaseKind phase = numbering.kind(number);
    out.put(',');
    out.put(phase == null ? UNKNOWN_KIND : KIND_NAMES.get(phase.ordinal()));
    out.put(',');
    out.putUnsigned(Integer.toUnsignedLong(number));
    putU64(records, at + SchedPhaseRecord.START_TIME_OFFSET);
    putU64(records, at + SchedPhaseRecord.END_TIME_OFFSET);
    putU32(records, at + phaseRecord.loopIterOffset());
    putU32(records, at + phaseRecord.tasksProcessedOffset());
    putU32(records, at + phaseRecord.popHitOffset());
    putU32(records, at + phaseRecord.popMissOffset());
    for (int i = 0; i < 6; i++) {
      out.put(',');
      out.putSigned(
          records.getShort(at + phaseRecord.sharedDepthAtStartOffset() + i * Short.BYTES));
    }
  }

  private void putTaskId(ByteBuffer records, int at) {
    putU64(records, at);
    putU32(records, at + Integer.BYTES);
    putU32(records, at);
  }

  private void putU64(ByteBuffer records, int at) {
    out.put(',');
    out.putUnsigned(records.getLong(at));
  }

  private void putU32(ByteBuffer records, int at) {
    out.put(',');
    out.putUnsigned(Integer.toUnsignedLong(records.getInt(at)));
  }
}
