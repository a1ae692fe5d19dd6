package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import dev.sluice.output.capture.CaptureManifest;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The tables of one capture: their columns, and their rows by core or thread as collected. */
final class Tables {
  /** Run of rows in a table without runs. */
  static final int NO_RUN = -1;

  /** Names and types of columns; {@code time} stands for two, device ticks and nanoseconds. */
  enum Table {
    AICORE_TASK(
        "int core, long reg_task_id, ulong task_token_raw, int ring, long local, time start,"
            + " time end, time receive_to_start"),
    AICPU_TASK("int core, long reg_task_id, time dispatch, time finish"),
    TASKS(
        "int core, string core_type, int thread, long token, ulong task_id, int ring, long local,"
            + " int? func_id, string? function, time dispatch, time receive, time start, time end,"
            + " time finish"),
    SCHED_PHASES(
        "int thread, string kind, long kind_number, time start, time end, long loop_iter,"
            + " long tasks_processed, long pop_hit_or_local, long pop_miss_or_ring,"
            + " int aic_at_start, int aiv_at_start, int mix_at_start, int aic_at_end,"
            + " int aiv_at_end, int mix_at_end"),
    ORCH_PHASES(
        "int thread, long submit_idx, ulong task_id, int ring, long local, time start, time end"),
    GAPS(
        "string kind, int instance, string cause, string lost_by, long records, long buffers,"
            + " long from_ns, long to_ns, long host_monotonic_ns, string noted_at"),
    STALLS(
        "string gate, string kind, int instance, long times, long waited_ns, long from_ns,"
            + " long to_ns, long host_monotonic_ns, string noted_at"),
    SESSIONS(
        "string capture, string producer, string layout, string boot_id, int level, int cores,"
            + " long clock_hz, long started_ns, long? ended_ns, string ending, long first_ns,"
            + " long last_ns, long clock_error_ns, long produced_records, long missing_records");

    final String label = name().toLowerCase(Locale.ROOT);

    @SuppressWarnings("ImmutableEnumChecker") // List.copyOf
    final List<Column> columns;

    Table(String text) {
      List<Column> list = new ArrayList<>();
      for (String column : text.split(", ", -1)) {
        String[] words = column.split("[? ]+", -1);
        if (words[0].equals("time")) {
          list.add(new Column(Type.ULONG, words[1] + "_ticks", true));
          list.add(new Column(Type.LONG, words[1] + "_ns", true));
        } else {
          Type type = Type.valueOf(words[0].toUpperCase(Locale.ROOT));
          list.add(new Column(type, words[1], column.contains("?")));
        }
      }
      columns = List.copyOf(list);
    }
  }

  /** Type of a column; {@code ULONG} is unsigned. */
  enum Type {
    INT,
    LONG,
    ULONG,
    STRING
  }

  record Column(Type type, String name, boolean isOptional) {}

  /** Writes rows in one format. */
  interface Format extends Closeable {
    /**
     * @param run {@link #NO_RUN} in a table without runs
     * @param row valid only during the call
     */
    void write(Table table, int run, Values row) throws IOException;
  }

  /** Values of a row in column order: a flyweight. */
  static final class Values {
    private static final int MAX_COLUMNS = 32;

    final long[] numbers = new long[MAX_COLUMNS];
    final String[] words = new String[MAX_COLUMNS];
    final boolean[] isThere = new boolean[MAX_COLUMNS];
    int count;

    Values put(long value) {
      numbers[count] = value;
      isThere[count++] = true;
      return this;
    }

    Values put(String word) {
      words[count] = word;
      isThere[count++] = true;
      return this;
    }

    Values none() {
      isThere[count++] = false;
      return this;
    }
  }

  private final Exporter.Job job;
  private final CaptureSource source;
  private final TraceClock clock;
  private final long baseNs;
  private final Format format;
  private final Values row = new Values();
  private long rows;

  /**
   * @param baseNs time of the capture's base in nanoseconds, to which table times are relative
   */
  Tables(Exporter.Job job, long baseNs, Format format) {
    this.job = job;
    this.source = job.source();
    this.clock = source.clock();
    this.baseNs = baseNs;
    this.format = format;
  }

  /** Rows written. */
  long rows() {
    return rows;
  }

  private Values row() {
    row.count = 0;
    return row;
  }

  private void end(Table table, int run) throws IOException {
    rows++;
    format.write(table, run, row);
  }

  /** Writes all records of a kind, of one run or, if 0, of all; impossible times have no ns. */
  void putRecords(BufferKind kind, int run) throws IOException {
    for (int instance = 0; instance < source.instances(kind); instance++) {
      if (kind.isPerCore() && !job.hasCore(instance)) {
        continue;
      }
      RecordCursor cursor = job.cursor(kind, instance, run);
      while (cursor.next()) {
        row().put(instance);
        end(putRecord(cursor), cursor.run());
      }
    }
  }

  private Table putRecord(RecordCursor cursor) {
    if (cursor.kind() == BufferKind.AICORE_TASK) {
      row.put(cursor.u32(AicoreTaskRecord.REG_TASK_ID_OFFSET));
      putTaskId(cursor.u64(AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET));
      putTimes(cursor);
      long setup = cursor.u32(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
      row.put(setup).put(clock.lengthNs(setup));
      return Table.AICORE_TASK;
    }
    if (cursor.kind() == BufferKind.AICPU_TASK) {
      row.put(cursor.u32(AicpuTaskRecord.REG_TASK_ID_OFFSET));
      putTimes(cursor);
      return Table.AICPU_TASK;
    }
    if (cursor.kind() == BufferKind.SCHED_PHASE) {
      putPhase(cursor);
      return Table.SCHED_PHASES;
    }
    row.put(cursor.u32(OrchPhaseRecord.SUBMIT_IDX_OFFSET));
    putTaskId(cursor.u64(OrchPhaseRecord.TASK_ID_OFFSET));
    putTimes(cursor);
    return Table.ORCH_PHASES;
  }

  private void putPhase(RecordCursor cursor) {
    SchedPhaseRecord record = source.phaseRecord();
    int number = record.kind(cursor.records(), cursor.at());
    SchedPhaseKind kind = source.phaseNumbering().kind(number);
    row.put(kind == null ? "unknown" : kind.jsonName()).put(Integer.toUnsignedLong(number));
    putTimes(cursor);
    row.put(cursor.u32(record.loopIterOffset())).put(cursor.u32(record.tasksProcessedOffset()));
    row.put(cursor.u32(record.popHitOffset())).put(cursor.u32(record.popMissOffset()));
    for (int i = 0; i < 6; i++) {
      int at = cursor.at() + record.sharedDepthAtStartOffset() + i * Short.BYTES;
      row.put(cursor.records().getShort(at));
    }
  }

  /** Puts the begin and end of a record; an end before the begin has no ns. */
  private void putTimes(RecordCursor cursor) {
    long start = RecordCursor.start(cursor.kind(), cursor.records(), cursor.at());
    long end = RecordCursor.end(cursor.kind(), cursor.records(), cursor.at());
    long startTicks = clock.sinceBase(start);
    long endTicks = clock.sinceBase(end);
    job.counts().impossibleTimes += startTicks != Row.NEVER && endTicks >= startTicks ? 0 : 1;
    row.put(start);
    putNs(startTicks);
    row.put(end);
    putNs(endTicks >= startTicks ? endTicks : Row.NEVER);
  }

  private void putNs(long ticks) {
    if (ticks == Row.NEVER) {
      row.none();
    } else {
      row.put(baseNs + clock.lengthNs(ticks));
    }
  }

  /** Puts the whole id, its 8-bit ring, and the number within the ring. */
  private void putTaskId(long id) {
    row.put(id).put((id >>> Integer.SIZE) & 0xFF).put(id & 0xFFFFFFFFL);
  }

  /** Writes the tasks of a run, joined from AICore and AICPU records. */
  void putTasks(int run) throws IOException {
    Row.Task task = new Row.Task();
    for (int core = 0; core < source.geometry().numCores(); core++) {
      if (job.hasCore(core)) {
        TaskJoin join = job.tasks(core, run);
        while (join.next(task)) {
          if (task.settle(clock, job.counts())) {
            putTask(core, task);
          }
        }
      }
    }
  }

  private void putTask(int core, Row.Task task) throws IOException {
    row().put(core).put(source.coreType(core)).put(source.threadOf(core));
    row.put(Integer.toUnsignedLong(task.token));
    putTaskId(task.taskId);
    int function = job.function(job.request().graph().node(task.taskId), core);
    if (function < 0) {
      row.none().none();
    } else {
      row.put(function).put(job.request().names().function(function));
    }
    for (long ticks : new long[] {task.dispatch, task.receive, task.start, task.end, task.finish}) {
      if (ticks == Row.NEVER) {
        row.none();
      } else {
        row.put(clock.deviceTicks(ticks));
      }
      putNs(ticks);
    }
    end(Table.TASKS, task.run);
  }

  void putLosses() throws IOException {
    for (Losses.Loss gap : job.losses().gaps()) {
      row().put(gap.kindLabel()).put(gap.instance()).put(gap.cause()).put(gap.by());
      row.put(gap.records()).put(gap.count());
      endLoss(Table.GAPS, gap);
    }
    for (Losses.Loss stall : job.losses().stalls()) {
      row().put(stall.cause()).put(stall.kindLabel()).put(stall.instance());
      row.put(stall.count()).put(stall.waitedNs());
      endLoss(Table.STALLS, stall);
    }
  }

  private void endLoss(Table table, Losses.Loss loss) throws IOException {
    putNs(loss.from());
    putNs(loss.to());
    row.put(loss.hostNs());
    row.put(source.manifest().clock().wallTime(loss.hostNs()).toString());
    end(table, NO_RUN);
  }

  /**
   * @param missing missing records in the exported window
   */
  void putSession(long missing) throws IOException {
    CaptureManifest manifest = source.manifest();
    row().put(source.name()).put(manifest.origin().producer());
    row.put(manifest.layout().id()).put(manifest.clock().bootId());
    row.put(manifest.geometry().level()).put(manifest.geometry().numCores());
    row.put(source.clockHz()).put(Exporter.nanos(manifest.clock().startedAt()));
    manifest.outcome().endedAt().map(Exporter::nanos).ifPresentOrElse(row::put, row::none);
    row.put(manifest.outcome().ending());
    putNs(0);
    putNs(source.lastTicks());
    row.put(clock.errorNs());
    long produced = 0;
    for (BufferKind kind : BufferKind.TIMED) {
      produced += manifest.outcome().kind(kind).produced();
    }
    row.put(produced).put(missing);
    end(Table.SESSIONS, NO_RUN);
  }
}
