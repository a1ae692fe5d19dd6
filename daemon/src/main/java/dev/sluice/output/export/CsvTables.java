package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseKind;
import dev.sluice.abi.SchedPhaseRecord;
import dev.sluice.output.capture.CaptureManifest;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A directory of tables: one per kind with every field of the record, one of the gaps, one of the
 * stalls, and a README that says what the numbers mean. Rows are grouped by core or thread in
 * collection order.
 */
final class CsvTables {
  private static final Map<BufferKind, String> COLUMNS =
      Map.of(
          BufferKind.AICORE_TASK,
          "core,run,reg_task_id,task_token_raw,ring,local,start_ticks,end_ticks,"
              + "receive_to_start_ticks,start_ns,end_ns,receive_to_start_ns",
          BufferKind.AICPU_TASK,
          "core,run,reg_task_id,dispatch_ticks,finish_ticks,dispatch_ns,finish_ns",
          BufferKind.SCHED_PHASE,
          "thread,run,kind,kind_number,start_ticks,end_ticks,loop_iter,tasks_processed,"
              + "pop_hit_or_local,pop_miss_or_ring,aic_at_start,aiv_at_start,mix_at_start,"
              + "aic_at_end,aiv_at_end,mix_at_end,start_ns,end_ns",
          BufferKind.ORCH_PHASE,
          "thread,run,submit_idx,task_id,ring,local,start_ticks,end_ticks,start_ns,end_ns");

  static final String GAPS = "gaps.csv";
  static final String STALLS = "stalls.csv";
  static final String README = "README.txt";

  private final CaptureSource source;
  private final TraceClock clock;
  private final ExportSelection selection;
  private final ExportMonitor monitor;
  private final Path directory;
  private long rows;

  private CsvTables(
      CaptureSource source, ExportSelection selection, ExportMonitor monitor, Path directory) {
    this.source = source;
    this.clock = source.clock();
    this.selection = selection;
    this.monitor = monitor;
    this.directory = directory;
  }

  static String fileName(BufferKind kind) {
    return kind.label() + ".csv";
  }

  /** Columns of a kind's table. */
  static List<String> header(BufferKind kind) {
    return List.of(COLUMNS.get(kind).split(","));
  }

  /** Writes all tables into an empty directory; returns their rows. */
  static long write(
      CaptureSource source,
      ExportSelection selection,
      Losses losses,
      ExportMonitor monitor,
      Path directory)
      throws IOException {
    CsvTables tables = new CsvTables(source, selection, monitor, directory);
    for (BufferKind kind : BufferKind.TIMED) {
      tables.write(kind);
    }
    tables.write(losses);
    tables.writeReadme();
    return tables.rows;
  }

  /**
   * A table while it is written. Every field is a number or one of our words, so that none needs
   * quotes.
   */
  private final class Table implements AutoCloseable {
    private static final int FLUSH_CHARS = 1 << 13;

    private final StringBuilder text = new StringBuilder(2 * FLUSH_CHARS);
    private final BufferedWriter out;

    Table(String name, List<String> header) throws IOException {
      out = Files.newBufferedWriter(directory.resolve(name), StandardCharsets.US_ASCII);
      out.write(String.join(",", header) + "\n");
    }

    Table put(long value) {
      text.append(value).append(',');
      return this;
    }

    Table put(String word) {
      text.append(word).append(',');
      return this;
    }

    Table putUnsigned(long value) {
      return value < 0 ? put(Long.toUnsignedString(value)) : put(value);
    }

    /** Nanoseconds since time 0; empty for a time that cannot be. */
    Table putNs(long ticks) {
      return ticks == Row.NEVER ? put("") : put(clock.ns(ticks));
    }

    void endRow() throws IOException {
      text.setCharAt(text.length() - 1, '\n');
      rows++;
      if (text.length() >= FLUSH_CHARS) {
        flush();
      }
    }

    private void flush() throws IOException {
      out.append(text);
      text.setLength(0);
    }

    @Override
    public void close() throws IOException {
      try (out) {
        flush();
      }
    }
  }

  private void write(BufferKind kind) throws IOException {
    try (Table table = new Table(fileName(kind), header(kind))) {
      for (int instance = 0; instance < source.instances(kind); instance++) {
        if (kind.isPerCore() && !selection.hasCore(instance)) {
          continue;
        }
        RecordCursor cursor =
            new RecordCursor(
                source, kind, instance, selection.window(clock), selection.isWholeTime(), monitor);
        while (cursor.next()) {
          table.put(instance).put(cursor.run());
          putFields(table, cursor, kind);
          table.endRow();
        }
      }
    }
  }

  private void putFields(Table table, RecordCursor cursor, BufferKind kind) throws IOException {
    if (kind == BufferKind.AICORE_TASK) {
      aicoreTask(table, cursor);
    } else if (kind == BufferKind.AICPU_TASK) {
      aicpuTask(table, cursor);
    } else if (kind == BufferKind.SCHED_PHASE) {
      phase(table, cursor);
    } else {
      submit(table, cursor);
    }
  }

  private void aicoreTask(Table table, RecordCursor cursor) {
    long setup = cursor.u32(AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET);
    long start = cursor.u64(AicoreTaskRecord.START_TIME_OFFSET);
    long end = cursor.u64(AicoreTaskRecord.END_TIME_OFFSET);
    table.put(cursor.u32(AicoreTaskRecord.REG_TASK_ID_OFFSET));
    taskId(table, cursor.u64(AicoreTaskRecord.TASK_TOKEN_RAW_OFFSET));
    table.putUnsigned(start).putUnsigned(end).put(setup);
    table.putNs(clock.sinceBase(start)).putNs(clock.sinceBase(end)).put(clock.lengthNs(setup));
  }

  private void aicpuTask(Table table, RecordCursor cursor) {
    long dispatch = cursor.u64(AicpuTaskRecord.DISPATCH_TIME_OFFSET);
    long finish = cursor.u64(AicpuTaskRecord.FINISH_TIME_OFFSET);
    table.put(cursor.u32(AicpuTaskRecord.REG_TASK_ID_OFFSET));
    table.putUnsigned(dispatch).putUnsigned(finish);
    table.putNs(clock.sinceBase(dispatch)).putNs(clock.sinceBase(finish));
  }

  private void phase(Table table, RecordCursor cursor) {
    SchedPhaseRecord record = source.phaseRecord();
    int number = record.kind(cursor.records(), cursor.at());
    SchedPhaseKind kind = source.phaseNumbering().kind(number);
    long start = cursor.u64(SchedPhaseRecord.START_TIME_OFFSET);
    long end = cursor.u64(SchedPhaseRecord.END_TIME_OFFSET);
    table.put(kind == null ? "unknown" : kind.jsonName()).put(Integer.toUnsignedLong(number));
    table.putUnsigned(start).putUnsigned(end);
    table.put(cursor.u32(record.loopIterOffset()));
    table.put(cursor.u32(record.tasksProcessedOffset()));
    table.put(cursor.u32(record.popHitOffset()));
    table.put(cursor.u32(record.popMissOffset()));
    for (int i = 0; i < 6; i++) {
      int at = cursor.at() + record.sharedDepthAtStartOffset() + i * Short.BYTES;
      table.put(cursor.records().getShort(at));
    }
    table.putNs(clock.sinceBase(start)).putNs(clock.sinceBase(end));
  }

  private void submit(Table table, RecordCursor cursor) {
    long start = cursor.u64(OrchPhaseRecord.START_TIME_OFFSET);
    long end = cursor.u64(OrchPhaseRecord.END_TIME_OFFSET);
    table.put(cursor.u32(OrchPhaseRecord.SUBMIT_IDX_OFFSET));
    taskId(table, cursor.u64(OrchPhaseRecord.TASK_ID_OFFSET));
    table.putUnsigned(start).putUnsigned(end);
    table.putNs(clock.sinceBase(start)).putNs(clock.sinceBase(end));
  }

  /** The id as a whole, its ring of 8 bits, and the number within the ring. */
  private static void taskId(Table table, long id) {
    table.putUnsigned(id).put((id >>> Integer.SIZE) & 0xFF).put(id & 0xFFFFFFFFL);
  }

  private void write(Losses losses) throws IOException {
    try (Table table =
        new Table(
            GAPS,
            List.of(
                "kind",
                "instance",
                "cause",
                "lost_by",
                "records",
                "buffers",
                "from_ns",
                "to_ns",
                "host_monotonic_ns",
                "noted_at"))) {
      for (Losses.Loss gap : losses.gaps()) {
        table.put(gap.kindLabel()).put(gap.instance()).put(gap.cause()).put(gap.by());
        table.put(gap.records()).put(gap.count()).putNs(gap.from()).putNs(gap.to());
        table.put(gap.hostNs()).put(wall(gap)).endRow();
      }
    }
    try (Table table =
        new Table(
            STALLS,
            List.of(
                "gate",
                "kind",
                "instance",
                "times",
                "waited_ns",
                "from_ns",
                "to_ns",
                "host_monotonic_ns",
                "noted_at"))) {
      for (Losses.Loss stall : losses.stalls()) {
        table.put(stall.cause()).put(stall.kindLabel()).put(stall.instance());
        table.put(stall.count()).put(stall.waitedNs()).putNs(stall.from()).putNs(stall.to());
        table.put(stall.hostNs()).put(wall(stall)).endRow();
      }
    }
  }

  private String wall(Losses.Loss loss) {
    return source.manifest().clock().wallTime(loss.hostNs()).toString();
  }

  private void writeReadme() throws IOException {
    CaptureManifest manifest = source.manifest();
    Files.writeString(
        directory.resolve(README),
        String.join(
            "\n",
            "Tables of a Sluice capture. Columns are described in docs/exports.md.",
            "",
            "capture: " + manifest.id(),
            "host: " + manifest.origin().host(),
            "device: " + manifest.origin().device(),
            "session: " + manifest.origin().session() + " " + manifest.origin().producer(),
            "layout: " + manifest.layout().id(),
            "",
            "*_ticks: device ticks, unsigned 64 bits, " + source.clockHz() + " per second",
            "*_ns: nanoseconds since time 0; empty for a time that the device cannot have meant",
            "time 0: device tick " + Long.toUnsignedString(clock.deviceTicks(0)),
            "time 0 on the host's monotonic clock: " + clock.baseHostNs() + " ns",
            "time 0 on the wall: " + manifest.clock().wallTime(clock.baseHostNs()),
            "host times: " + clock.accuracy(),
            "task ids and ticks need 64-bit integers: a spreadsheet rounds them after 15 digits",
            "instance -1: the core or thread is not known",
            ""));
  }
}
