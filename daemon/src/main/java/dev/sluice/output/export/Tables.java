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

/**
 * The tables of one capture: their columns, and their rows by core or thread as collected. Formats
 * take the values of a row in the order of the columns.
 */
abstract sealed class Tables implements Closeable permits CsvTables, ParquetTables {
  /** Not a run: the table has none. */
  static final int NO_RUN = -1;

  /** Names and types of columns; a {@code time} is two, device ticks and nanoseconds. */
  enum Table {
    AICORE_TASK(
        "int core, long reg_task_id, long task_token_raw, int ring, long local, time start,"
            + " time end, time receive_to_start"),
    AICPU_TASK("int core, long reg_task_id, time dispatch, time finish"),
    TASKS(
        "int core, string core_type, int thread, long token, long task_id, int ring, long local,"
            + " int? func_id, string? function, time dispatch, time receive, time start, time end,"
            + " time finish"),
    SCHED_PHASES(
        "int thread, string kind, long kind_number, time start, time end, long loop_iter,"
            + " long tasks_processed, long pop_hit_or_local, long pop_miss_or_ring,"
            + " int aic_at_start, int aiv_at_start, int mix_at_start, int aic_at_end,"
            + " int aiv_at_end, int mix_at_end"),
    ORCH_PHASES(
        "int thread, long submit_idx, long task_id, int ring, long local, time start, time end"),
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

    @SuppressWarnings("ImmutableEnumChecker") // List.copyOf
    private final List<Column> columns;

    Table(String text) {
      List<Column> list = new ArrayList<>();
      for (String column : text.split(", ", -1)) {
        String[] words = column.split("[? ]+", -1);
        if (words[0].equals("time")) {
          list.add(new Column("long", words[1] + "_ticks", true));
          list.add(new Column("long", words[1] + "_ns", true));
        } else {
          list.add(new Column(words[0], words[1], column.contains("?")));
        }
      }
      columns = List.copyOf(list);
    }

    List<Column> columns() {
      return columns;
    }
  }

  /**
   * @param type {@code int}, {@code long} or {@code string}
   */
  record Column(String type, String name, boolean isOptional) {}

  final CaptureSource source;
  private final Exporter.Job job;
  private final TraceClock clock;
  private final long baseNs;
  private long rows;

  /**
   * @param baseNs nanoseconds at the capture's base, from which those of the tables count
   */
  Tables(Exporter.Job job, long baseNs) {
    this.job = job;
    this.source = job.source();
    this.clock = source.clock();
    this.baseNs = baseNs;
  }

  /**
   * Begins a row.
   *
   * @param run {@link #NO_RUN} in a table without
   */
  abstract Tables begin(Table table, int run) throws IOException;

  abstract Tables put(long value);

  abstract Tables unsigned(long value);

  abstract Tables put(String word);

  /** No value. */
  abstract Tables none();

  abstract void endRow() throws IOException;

  /** Rows written. */
  long rows() {
    return rows;
  }

  private Tables row(Table table, int run) throws IOException {
    rows++;
    return begin(table, run);
  }

  /** A row for every record of a kind, of a run or of all; an impossible time has no ns. */
  void putRecords(BufferKind kind, int run) throws IOException {
    for (int instance = 0; instance < source.instances(kind); instance++) {
      if (kind.isPerCore() && !job.hasCore(instance)) {
        continue;
      }
      RecordCursor cursor = job.cursor(kind, instance, run);
      while (cursor.next()) {
        if (kind == BufferKind.AICORE_TASK) {
          putAicoreTask(cursor);
        } else if (kind == BufferKind.AICPU_TASK) {
          row(Table.AICPU_TASK, cursor.run()).put(instance);
          put(cursor.u32(AicpuTaskRecord.REG_TASK_ID_OFFSET));
          putTimes(cursor);
        } else if (kind == BufferKind.SCHED_PHASE) {
          putPhase(cursor);
        } else {
          row(Table.ORCH_PHASES, cursor.run()).put(instance);
          put(cursor.u32(OrchPhaseRecord.SUBMIT_IDX_OFFSET));
          putTaskId(cursor.u64(OrchPhaseRecord.TASK_ID_OFFSET));
          putTimes(cursor);
        }
        endRow();
      }
    }
  }

  private void putAicoreTask(RecordCursor cursor) throws IOException {
    row(Table.AICORE_TASK, cursor.run()).put(cursor.instance());
    put(cursor.u32(AicoreTaskRecord.REG_TASK_ID_OFFSET));
    putTaskId(cursor.u64(AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET));
    putTimes(cursor);
    long setup = cursor.u32(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
    put(setup).put(clock.lengthNs(setup));
  }

  private void putPhase(RecordCursor cursor) throws IOException {
    SchedPhaseRecord record = source.phaseRecord();
    int number = record.kind(cursor.records(), cursor.at());
    SchedPhaseKind kind = source.phaseNumbering().kind(number);
    row(Table.SCHED_PHASES, cursor.run()).put(cursor.instance());
    put(kind == null ? "unknown" : kind.jsonName()).put(Integer.toUnsignedLong(number));
    putTimes(cursor);
    put(cursor.u32(record.loopIterOffset())).put(cursor.u32(record.tasksProcessedOffset()));
    put(cursor.u32(record.popHitOffset())).put(cursor.u32(record.popMissOffset()));
    for (int i = 0; i < 6; i++) {
      int at = cursor.at() + record.sharedDepthAtStartOffset() + i * Short.BYTES;
      put(cursor.records().getShort(at));
    }
  }

  /** Begin and end of a record; the ns of an end before the begin stay empty. */
  private void putTimes(RecordCursor cursor) {
    long start = RecordCursor.start(cursor.kind(), cursor.records(), cursor.at());
    long end = RecordCursor.end(cursor.kind(), cursor.records(), cursor.at());
    long startTicks = clock.sinceBase(start);
    long endTicks = clock.sinceBase(end);
    boolean isPossible = startTicks != Row.NEVER && endTicks >= startTicks;
    job.counts().impossibleTimes += isPossible ? 0 : 1;
    unsigned(start).putNs(startTicks);
    unsigned(end).putNs(endTicks >= startTicks ? endTicks : Row.NEVER);
  }

  private void putNs(long ticks) {
    if (ticks == Row.NEVER) {
      none();
    } else {
      put(baseNs + clock.lengthNs(ticks));
    }
  }

  /** The id as a whole, its ring of 8 bits, and the number within the ring. */
  private void putTaskId(long id) {
    unsigned(id).put((id >>> Integer.SIZE) & 0xFF).put(id & 0xFFFFFFFFL);
  }

  /** A row for every task of a run, of which the AICore's record and the AICPU's are joined. */
  void putTasks(int run) throws IOException {
    Row.Task task = new Row.Task();
    for (int core = 0; core < source.geometry().numCores(); core++) {
      if (!job.hasCore(core)) {
        continue;
      }
      TaskJoin join = job.tasks(core, run);
      while (join.next(task)) {
        if (task.settle(clock, job.counts())) {
          putTask(core, task);
        }
      }
    }
  }

  private void putTask(int core, Row.Task task) throws IOException {
    row(Table.TASKS, task.run).put(core).put(source.coreType(core)).put(source.threadOf(core));
    put(Integer.toUnsignedLong(task.token));
    putTaskId(task.taskId);
    int function = job.function(job.request().graph().node(task.taskId), core);
    if (function < 0) {
      none().none();
    } else {
      put(function).put(job.request().names().function(function));
    }
    putTime(task.dispatch);
    putTime(task.receive);
    putTime(task.start);
    putTime(task.end);
    putTime(task.finish);
    endRow();
  }

  private void putTime(long ticks) {
    (ticks == Row.NEVER ? none() : unsigned(clock.deviceTicks(ticks))).putNs(ticks);
  }

  void putLosses() throws IOException {
    for (Losses.Loss gap : job.losses().gaps()) {
      row(Table.GAPS, NO_RUN).put(gap.kindLabel()).put(gap.instance());
      put(gap.cause()).put(gap.by()).put(gap.records()).put(gap.count());
      endLoss(gap);
    }
    for (Losses.Loss stall : job.losses().stalls()) {
      row(Table.STALLS, NO_RUN).put(stall.cause()).put(stall.kindLabel());
      put(stall.instance()).put(stall.count()).put(stall.waitedNs());
      endLoss(stall);
    }
  }

  private void endLoss(Losses.Loss loss) throws IOException {
    putNs(loss.from());
    putNs(loss.to());
    put(loss.hostNs());
    put(source.manifest().clock().wallTime(loss.hostNs()).toString()).endRow();
  }

  /**
   * @param missing records that are missing in the exported window
   */
  void putSession(long missing) throws IOException {
    CaptureManifest manifest = source.manifest();
    row(Table.SESSIONS, NO_RUN).put(manifest.id().toString()).put(manifest.origin().producer());
    put(manifest.layout().id()).put(manifest.clock().bootId());
    put(manifest.geometry().level()).put(manifest.geometry().numCores());
    put(source.clockHz()).put(Exporter.nanos(manifest.clock().startedAt()));
    manifest.outcome().endedAt().map(Exporter::nanos).ifPresentOrElse(this::put, this::none);
    put(manifest.outcome().ending());
    putNs(0);
    putNs(source.lastTicks());
    put(clock.errorNs());
    put(
        BufferKind.TIMED.stream()
            .mapToLong(kind -> manifest.outcome().kind(kind).produced())
            .sum());
    put(missing).endRow();
  }
}
