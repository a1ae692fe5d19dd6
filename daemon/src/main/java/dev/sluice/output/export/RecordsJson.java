package dev.sluice.output.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The file that the runtime writes itself, for the runtime's own tools (abi.md 6.1): same keys,
 * same order, same conditions. Rows are grouped by core in collection order, one row a line.
 *
 * <p>Goes through the pools one after the other, so that no more than a frame is held.
 */
final class RecordsJson {
  private static final SerializedString KIND = new SerializedString("kind");
  private static final SerializedString START = new SerializedString("start_cycles");
  private static final SerializedString END = new SerializedString("end_cycles");
  private static final SerializedString LOOP_ITER = new SerializedString("loop_iter");
  private static final SerializedString PROCESSED = new SerializedString("tasks_processed");
  private static final SerializedString POP_HIT = new SerializedString("pop_hit");
  private static final SerializedString POP_MISS = new SerializedString("pop_miss");
  private static final SerializedString TASK_ID = new SerializedString("task_id");
  private static final SerializedString AT_START = new SerializedString("shared_at_start");
  private static final SerializedString AT_END = new SerializedString("shared_at_end");
  private static final SerializedString SUBMIT_IDX = new SerializedString("submit_idx");

  private final CaptureSource source;
  private final ExportSelection selection;
  private final ExportSelection.Window window;
  private final ExportMonitor monitor;
  private final JsonGenerator json;
  private long rows;

  private RecordsJson(
      CaptureSource source, ExportSelection selection, ExportMonitor monitor, JsonGenerator json) {
    this.source = source;
    this.selection = selection;
    this.window = selection.window(source.clock());
    this.monitor = monitor;
    this.json = json;
  }

  /** The name under which the runtime's tools look for the file in a directory. */
  static String fileName(CaptureSource source) {
    return prefix(source) + "_swimlane_records.json";
  }

  private static String prefix(CaptureSource source) {
    return source.isChip() ? "chip" : "l2";
  }

  /**
   * Writes the whole file.
   *
   * @return rows written
   * @throws ExportException if there is nothing that the runtime would have written a file for
   */
  static long write(
      CaptureSource source, ExportSelection selection, ExportMonitor monitor, OutputStream out)
      throws IOException {
    long tasks = source.records(BufferKind.AICORE_TASK) + source.records(BufferKind.AICPU_TASK);
    long phases = source.records(BufferKind.SCHED_PHASE) + source.records(BufferKind.ORCH_PHASE);
    if (tasks == 0 && (!source.isChip() || phases == 0)) {
      throw new ExportException(
          source.isChip()
              ? "the capture has no record, and the runtime writes no file then"
              : "the capture has no task record, and this runtime writes no file then");
    }
    JsonGenerator json = new JsonFactory().createGenerator(out);
    json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    RecordsJson export = new RecordsJson(source, selection, monitor, json);
    export.writeAll();
    json.writeRaw('\n');
    json.flush();
    return export.rows;
  }

  private void writeAll() throws IOException {
    int level = source.geometry().level();
    json.writeStartObject();
    json.writeNumberField(prefix(source) + "_swimlane_level", level);
    metadata();
    for (BufferKind kind : new BufferKind[] {BufferKind.AICORE_TASK, BufferKind.AICPU_TASK}) {
      array(kind == BufferKind.AICORE_TASK ? "aicore_tasks" : "aicpu_tasks");
      for (int core = 0; core < source.instances(kind); core++) {
        if (selection.hasCore(core)) {
          tasks(kind, core);
        }
      }
      json.writeEndArray();
    }
    if (level >= BufferKind.SCHED_PHASE.minimumLevel()) {
      lanes("aicpu_scheduler_phases", BufferKind.SCHED_PHASE, source.maxThreads());
    }
    if (level >= (source.isChip() ? 3 : 4) && source.records(BufferKind.ORCH_PHASE) > 0) {
      int last = 0;
      for (int lane = 0; lane < source.instances(BufferKind.ORCH_PHASE); lane++) {
        last = source.frameCount(BufferKind.ORCH_PHASE, lane) > 0 ? lane : last;
      }
      int lanes = Math.max(source.geometry().orchThreads(), last + 1);
      lanes("aicpu_orchestrator_phases", BufferKind.ORCH_PHASE, lanes);
    }
    json.writeEndObject();
  }

  private void array(String key) throws IOException {
    json.writeRaw('\n');
    json.writeArrayFieldStart(key);
  }

  private void metadata() throws IOException {
    json.writeRaw('\n');
    json.writeObjectFieldStart("metadata");
    json.writeNumberField("clock_freq_hz", source.clockHz());
    json.writeNumberField("num_cores", source.geometry().numCores());
    json.writeArrayFieldStart("core_types");
    for (int core = 0; core < source.geometry().numCores(); core++) {
      json.writeString(source.coreType(core));
    }
    json.writeEndArray();
    if (!source.manifest().cores().threads().isEmpty()) {
      json.writeArrayFieldStart("core_to_thread");
      for (int thread : source.manifest().cores().threads()) {
        json.writeNumber(thread);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private RecordCursor cursor(BufferKind kind, int instance) throws IOException {
    return new RecordCursor(source, kind, instance, window, false, monitor);
  }

  private void tasks(BufferKind kind, int core) throws IOException {
    RecordCursor cursor = cursor(kind, core);
    while (cursor.next()) {
      json.writeRaw('\n');
      json.writeStartArray();
      json.writeNumber(core);
      if (kind == BufferKind.AICORE_TASK) {
        u64(cursor, AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET);
        json.writeNumber(cursor.u32(AicoreTaskRecord.REG_TASK_ID_OFFSET));
        u64(cursor, AicoreTaskRecord.START_TIME_OFFSET);
        u64(cursor, AicoreTaskRecord.END_TIME_OFFSET);
        json.writeNumber(cursor.u32(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET));
      } else {
        json.writeNumber(cursor.u32(AicpuTaskRecord.REG_TASK_ID_OFFSET));
        u64(cursor, AicpuTaskRecord.DISPATCH_TIME_OFFSET);
        u64(cursor, AicpuTaskRecord.FINISH_TIME_OFFSET);
      }
      json.writeEndArray();
      rows++;
    }
  }

  private void u64(RecordCursor cursor, int offset) throws IOException {
    ChromeWriter.unsigned(json, cursor.u64(offset));
  }

  private void u64(SerializedString key, RecordCursor cursor, int offset) throws IOException {
    json.writeFieldName(key);
    u64(cursor, offset);
  }

  private void u32(SerializedString key, RecordCursor cursor, int offset) throws IOException {
    json.writeFieldName(key);
    json.writeNumber(cursor.u32(offset));
  }

  private void lanes(String key, BufferKind kind, int lanes) throws IOException {
    array(key);
    for (int lane = 0; lane < lanes; lane++) {
      json.writeStartArray();
      if (lane < source.instances(kind)) {
        RecordCursor cursor = cursor(kind, lane);
        while (cursor.next()) {
          json.writeRaw('\n');
          json.writeStartObject();
          if (kind == BufferKind.SCHED_PHASE) {
            phase(cursor);
          } else {
            u32(SUBMIT_IDX, cursor, OrchPhaseRecord.SUBMIT_IDX_OFFSET);
            u64(TASK_ID, cursor, OrchPhaseRecord.TASK_ID_OFFSET);
            u64(START, cursor, OrchPhaseRecord.START_TIME_OFFSET);
            u64(END, cursor, OrchPhaseRecord.END_TIME_OFFSET);
          }
          json.writeEndObject();
          rows++;
        }
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private void phase(RecordCursor cursor) throws IOException {
    SchedPhaseRecord record = source.phaseRecord();
    SchedPhaseKind kind = source.phaseNumbering().kind(record.kind(cursor.records(), cursor.at()));
    json.writeFieldName(KIND);
    json.writeString(kind == null ? "unknown" : kind.jsonName());
    u64(START, cursor, SchedPhaseRecord.START_TIME_OFFSET);
    u64(END, cursor, SchedPhaseRecord.END_TIME_OFFSET);
    u32(LOOP_ITER, cursor, record.loopIterOffset());
    u32(PROCESSED, cursor, record.tasksProcessedOffset());
    if (kind == SchedPhaseKind.DISPATCH) {
      u32(POP_HIT, cursor, record.popHitOffset());
      u32(POP_MISS, cursor, record.popMissOffset());
    } else if (kind != null && source.phaseNumbering().namesTask(kind)) {
      json.writeFieldName(TASK_ID);
      ChromeWriter.unsigned(
          json, (cursor.u32(record.popMissOffset()) << 32) | cursor.u32(record.popHitOffset()));
    }
    depths(AT_START, cursor, record.sharedDepthAtStartOffset());
    depths(AT_END, cursor, record.sharedDepthAtEndOffset());
  }

  private void depths(SerializedString key, RecordCursor cursor, int offset) throws IOException {
    json.writeFieldName(key);
    json.writeStartArray();
    for (int i = 0; i < 3; i++) {
      json.writeNumber(cursor.records().getShort(cursor.at() + offset + i * Short.BYTES));
    }
    json.writeEndArray();
  }
}
