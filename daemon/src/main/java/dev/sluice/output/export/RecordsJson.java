package dev.sluice.output.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * Writes the runtime's own file for the runtime's own tools (docs/exports.md, "records-json"): same
 * keys, same conditions. Rows are grouped by core in collection order, one per line.
 *
 * <p>Reads one pool after another, so that at most a frame of each is held.
 */
final class RecordsJson {
  private static final SerializedString KIND = new SerializedString("kind");
  private static final SerializedString TASK_ID = new SerializedString("task_id");
  private static final List<Field> AICPU_TASK =
      List.of(
          Field.u32("", AicpuTaskRecord.REG_TASK_ID_OFFSET),
          Field.u64("", AicpuTaskRecord.DISPATCH_TIME_OFFSET),
          Field.u64("", AicpuTaskRecord.FINISH_TIME_OFFSET));
  private static final List<Field> SUBMIT =
      List.of(
          Field.u32("submit_idx", OrchPhaseRecord.SUBMIT_IDX_OFFSET),
          Field.u64("task_id", OrchPhaseRecord.TASK_ID_OFFSET),
          Field.u64("start_cycles", OrchPhaseRecord.START_TIME_OFFSET),
          Field.u64("end_cycles", OrchPhaseRecord.END_TIME_OFFSET));
  private static final List<Field> TIMES =
      List.of(
          Field.u64("start_cycles", SchedPhaseRecord.START_TIME_OFFSET),
          Field.u64("end_cycles", SchedPhaseRecord.END_TIME_OFFSET));

  /** A number of a record; in an array it has no name. */
  private record Field(SerializedString name, int offset, boolean isLong) {
    static Field u32(String name, int offset) {
      return new Field(new SerializedString(name), offset, false);
    }

    static Field u64(String name, int offset) {
      return new Field(new SerializedString(name), offset, true);
    }
  }

  private final CaptureSource source;
  private final Exporter.Job job;
  private final JsonGenerator json;
  private final SchedPhaseRecord record;
  private final List<Field> counts;
  private final List<Field> pops;

  /** Whether rows carry their run, as in the schema of the newest runtimes. */
  private final boolean hasRuns;

  private long rows;
  private int epochRun = -1;
  private long epoch;

  private RecordsJson(Exporter.Job job, JsonGenerator json) {
    this.job = job;
    this.source = job.source();
    this.record = source.phaseRecord();
    this.counts =
        List.of(
            Field.u32("loop_iter", record.loopIterOffset()),
            Field.u32("tasks_processed", record.tasksProcessedOffset()));
    this.pops =
        List.of(
            Field.u32("pop_hit", record.popHitOffset()),
            Field.u32("pop_miss", record.popMissOffset()));
    this.hasRuns = !source.runtime().isEmpty();
    this.json = json;
  }

  /** Returns the file name that the runtime's tools expect in a directory. */
  static String fileName(CaptureSource source) {
    return prefix(source) + "_swimlane_records.json";
  }

  private static String prefix(CaptureSource source) {
    return source.isChip() ? "chip" : "l2";
  }

  /**
   * Writes the whole file.
   *
   * @return number of rows written
   * @throws ExportException if the runtime would have written no file
   */
  static long write(Exporter.Job job, OutputStream out) throws IOException {
    CaptureSource source = job.source();
    long tasks = source.records(BufferKind.AICORE_TASK) + source.records(BufferKind.AICPU_TASK);
    long phases = source.records(BufferKind.SCHED_PHASE) + source.records(BufferKind.ORCH_PHASE);
    if (tasks == 0 && (!source.isChip() || phases == 0)) {
      throw new ExportException(
          source.isChip()
              ? "the capture has no records; the runtime writes no file in that case"
              : "the capture has no task records; this runtime writes no file in that case");
    }
    JsonGenerator json = new JsonFactory().createGenerator(out);
    json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    RecordsJson export = new RecordsJson(job, json);
    export.writeAll();
    job.counts().aicpuWithoutAicore = 0; // they are in the file
    json.writeRaw('\n');
    json.flush();
    return export.rows;
  }

  private void writeAll() throws IOException {
    int level = source.geometry().level();
    json.writeStartObject();
    json.writeNumberField(prefix(source) + "_swimlane_level", level);
    metadata(level);
    array("aicore_tasks");
    for (int core = 0; core < source.geometry().numCores(); core++) {
      if (job.hasCore(core)) {
        aicoreTasks(core);
      }
    }
    json.writeEndArray();
    if (hasRuns) {
      json.writeRaw('\n');
      json.writeObjectFieldStart("scheduler_tasks");
      json.writeStringField("producer", "aicpu");
    }
    array(hasRuns ? "records" : "aicpu_tasks");
    for (int core = 0; core < source.geometry().numCores(); core++) {
      if (job.hasCore(core)) {
        aicpuTasks(core);
      }
    }
    json.writeEndArray();
    if (hasRuns) {
      json.writeEndObject();
    }
    if (level >= BufferKind.SCHED_PHASE.minimumLevel()) {
      if (hasRuns) {
        json.writeRaw('\n');
        json.writeObjectFieldStart("scheduler_records");
        array("streams");
        for (int thread = 0; thread < source.instances(BufferKind.SCHED_PHASE); thread++) {
          stream(thread);
        }
        json.writeEndArray();
        json.writeEndObject();
      } else {
        lanes("aicpu_scheduler_phases", BufferKind.SCHED_PHASE, source.maxThreads());
      }
    }
    int submitLevel = source.isChip() && !hasRuns ? 3 : 4;
    if (level >= submitLevel && source.records(BufferKind.ORCH_PHASE) > 0) {
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

  private void metadata(int level) throws IOException {
    json.writeRaw('\n');
    json.writeObjectFieldStart("metadata");
    if (hasRuns) {
      json.writeStringField("runtime", source.runtime());
    }
    json.writeNumberField("clock_freq_hz", source.clockHz());
    json.writeNumberField("num_cores", source.geometry().numCores());
    json.writeArrayFieldStart("core_types");
    for (int core = 0; core < source.geometry().numCores(); core++) {
      json.writeString(source.coreType(core));
    }
    json.writeEndArray();
    if (!source.manifest().cores().threads().isEmpty() && (!hasRuns || level >= 3)) {
      json.writeArrayFieldStart("core_to_thread");
      for (int thread : source.manifest().cores().threads()) {
        json.writeNumber(thread);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  /**
   * Returns whether only joined tasks are written: the converter of the newest runtimes refuses
   * files with AICore tasks that lack the scheduler's record.
   */
  private boolean isJoined() {
    return hasRuns && source.geometry().level() >= 2;
  }

  private void aicoreTasks(int core) throws IOException {
    TaskJoin join = job.tasks(core, 0, isJoined());
    Row.Task task = new Row.Task();
    while (join.next(task)) {
      row(core);
      ChromeWriter.unsigned(json, task.taskId);
      json.writeNumber(Integer.toUnsignedLong(task.token));
      ChromeWriter.unsigned(json, task.start);
      ChromeWriter.unsigned(json, task.end);
      json.writeNumber(task.start - task.receive);
      endRow(task.run);
    }
  }

  private void aicpuTasks(int core) throws IOException {
    // If tasks were joined, these records were already counted.
    RecordCursor cursor = (isJoined() ? job.silent() : job).cursor(BufferKind.AICPU_TASK, core, 0);
    while (cursor.next()) {
      row(core);
      fields(cursor, AICPU_TASK);
      endRow(cursor.run());
    }
  }

  private void row(int core) throws IOException {
    json.writeRaw('\n');
    json.writeStartArray();
    json.writeNumber(core);
  }

  private void endRow(int run) throws IOException {
    if (hasRuns) {
      json.writeNumber(epoch(run));
    }
    json.writeEndArray();
    rows++;
  }

  private void fields(RecordCursor cursor, List<Field> fields) throws IOException {
    for (Field field : fields) {
      if (!field.name.getValue().isEmpty()) {
        json.writeFieldName(field.name);
      }
      if (field.isLong) {
        ChromeWriter.unsigned(json, cursor.u64(field.offset));
      } else {
        json.writeNumber(cursor.u32(field.offset));
      }
    }
  }

  private void lanes(String key, BufferKind kind, int lanes) throws IOException {
    array(key);
    for (int lane = 0; lane < lanes; lane++) {
      json.writeStartArray();
      if (lane < source.instances(kind)) {
        RecordCursor cursor = job.cursor(kind, lane, 0);
        while (cursor.next()) {
          json.writeRaw('\n');
          json.writeStartObject();
          if (kind == BufferKind.SCHED_PHASE) {
            phase(cursor);
          } else {
            fields(cursor, SUBMIT);
            run(cursor);
          }
          json.writeEndObject();
          rows++;
        }
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private void run(RecordCursor cursor) throws IOException {
    if (hasRuns) {
      json.writeNumberField("run_epoch", epoch(cursor.run()));
    }
  }

  private long epoch(int run) {
    if (run != epochRun) {
      epochRun = run;
      epoch = source.runEpoch(run);
    }
    return epoch;
  }

  /** Writes a scheduler thread in the newest schema: its phases, then their queue figures. */
  private void stream(int thread) throws IOException {
    RecordCursor cursor = job.cursor(BufferKind.SCHED_PHASE, thread, 0);
    if (!cursor.next()) {
      return; // the runtime leaves idle threads out
    }
    json.writeRaw('\n');
    json.writeStartObject();
    json.writeStringField("platform", source.geometry().layout().platform().id());
    json.writeStringField("producer", "aicpu");
    json.writeNumberField("scheduler_id", thread);
    json.writeNumberField("worker_id", thread);
    json.writeStringField("core_type", "aicpu");
    json.writeNullField("physical_core_id");
    array("records");
    long committed = 0;
    do {
      json.writeRaw('\n');
      json.writeStartObject();
      SchedPhaseKind kind = times(cursor);
      json.writeFieldName(TASK_ID);
      if (kind != null && source.phaseNumbering().namesTask(kind)) {
        taskId(cursor);
      } else {
        json.writeNull();
      }
      json.writeEndObject();
      committed++;
    } while (cursor.next());
    json.writeEndArray();
    rows += committed;
    array("metrics");
    cursor = job.silent().cursor(BufferKind.SCHED_PHASE, thread, 0);
    for (long i = 0; cursor.next(); i++) {
      json.writeRaw('\n');
      json.writeStartObject();
      json.writeNumberField("record_index", i);
      if (kind(cursor) == SchedPhaseKind.DISPATCH) {
        fields(cursor, pops);
      }
      depths(cursor);
      json.writeEndObject();
    }
    json.writeEndArray();
    long dropped = job.losses().records(BufferKind.SCHED_PHASE, thread);
    json.writeObjectFieldStart("capture");
    json.writeNumberField("committed", committed);
    json.writeNumberField("dropped", dropped);
    json.writeBooleanField("truncated", dropped > 0);
    json.writeEndObject();
    json.writeEndObject();
  }

  private SchedPhaseKind kind(RecordCursor cursor) {
    return source.phaseNumbering().kind(record.kind(cursor.records(), cursor.at()));
  }

  /** Writes the phase fields that all schemas share. */
  private SchedPhaseKind times(RecordCursor cursor) throws IOException {
    SchedPhaseKind kind = kind(cursor);
    json.writeFieldName(KIND);
    json.writeString(kind == null ? "unknown" : kind.jsonName());
    fields(cursor, TIMES);
    run(cursor);
    fields(cursor, counts);
    return kind;
  }

  private void phase(RecordCursor cursor) throws IOException {
    SchedPhaseKind kind = times(cursor);
    if (kind == SchedPhaseKind.DISPATCH) {
      fields(cursor, pops);
    } else if (kind != null && source.phaseNumbering().namesTask(kind)) {
      json.writeFieldName(TASK_ID);
      taskId(cursor);
    }
    depths(cursor);
  }

  private void taskId(RecordCursor cursor) throws IOException {
    ChromeWriter.unsigned(
        json, (cursor.u32(record.popMissOffset()) << 32) | cursor.u32(record.popHitOffset()));
  }

  private void depths(RecordCursor cursor) throws IOException {
    int at = cursor.at() + record.sharedDepthAtStartOffset();
    for (int i = 0; i < 6; i++) {
      if (i % 3 == 0) {
        json.writeArrayFieldStart(i == 0 ? "shared_at_start" : "shared_at_end");
      }
      json.writeNumber(cursor.records().getShort(at + i * Short.BYTES));
      if (i % 3 == 2) {
        json.writeEndArray();
      }
    }
  }
}
