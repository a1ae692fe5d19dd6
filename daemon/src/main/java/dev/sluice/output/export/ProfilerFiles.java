package dev.sluice.output.export;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.PmuEvents;
import dev.sluice.abi.PmuRecord;
import dev.sluice.abi.ScopeCapacities;
import dev.sluice.abi.ScopeStatsHeader;
import dev.sluice.abi.ScopeStatsRecord;
import dev.sluice.output.capture.CaptureManifest;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes the files of the runtime's other profilers, in its own format: one line per record. */
final class ProfilerFiles {
  static final String PMU_FILE = "pmu.csv";
  static final String SCOPE_STATS_FILE = "scope_stats.jsonl";

  private static final int SCOPE_STATS_VERSION = 6;

  private final Exporter.Job job;
  private final CaptureSource source;
  private final Writer out;
  private long rows;

  /** Writes the line of a record. */
  private interface Line {
    void write(int instance, ByteBuffer records, int at) throws IOException;
  }

  private ProfilerFiles(Exporter.Job job, OutputStream stream) {
    this.job = job;
    this.source = job.source();
    this.out = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
  }

  /** Writes {@code pmu.csv}: a row for each task with counters; returns the number of rows. */
  static long writePmu(Exporter.Job job, OutputStream stream) throws IOException {
    ProfilerFiles file = new ProfilerFiles(job, stream);
    int type = file.source.geometry().pmuEventType();
    List<String> names = PmuEvents.names(file.source.geometry().layout().platform(), type);
    file.out.write("thread_id,core_id,task_id,func_id,core_type,pmu_total_cycles,");
    for (String name : names) {
      file.out.write(name.isEmpty() ? "" : name + ",");
    }
    file.out.write("event_type\n");
    return file.writeAll(
        BufferKind.PMU, (core, records, at) -> file.pmuRow(core, records, at, names, type));
  }

  /**
   * Writes {@code scope_stats.jsonl}: a header line, then one line per begin and end of a scope.
   */
  static long writeScopeStats(Exporter.Job job, OutputStream stream) throws IOException {
    ProfilerFiles file = new ProfilerFiles(job, stream);
    file.out.write(JSON.std.asString(file.scopeHead()) + "\n");
    return file.writeAll(
        BufferKind.SCOPE_STATS,
        (instance, records, at) ->
            file.out.write(JSON.std.asString(scopeLine(records, at)) + "\n"));
  }

  private long writeAll(BufferKind kind, Line line) throws IOException {
    for (int instance = 0; instance < source.instances(kind); instance++) {
      boolean isWanted = !kind.isPerCore() || job.hasCore(instance);
      for (int frame = 0; isWanted && frame < source.frameCount(kind, instance); frame++) {
        ByteBuffer records = source.frame(kind, instance, frame);
        for (int at = 0; at < records.limit(); at += kind.recordBytes()) {
          line.write(instance, records, at);
        }
        rows += records.limit() / kind.recordBytes();
        job.monitor().advance(records.limit() / kind.recordBytes());
      }
    }
    out.flush();
    return rows;
  }

  private void pmuRow(int core, ByteBuffer records, int at, List<String> names, int type)
      throws IOException {
    int queue = source.frames().queue();
    out.write(
        String.format(
            Locale.ROOT,
            "%d,%d,0x%016x,%d,%d,%s,",
            queue >= 0 ? queue : source.threadOf(core),
            core,
            records.getLong(at + PmuRecord.TASK_ID_OFFSET),
            Integer.toUnsignedLong(records.getInt(at + PmuRecord.FUNC_ID_OFFSET)),
            records.getInt(at + PmuRecord.CORE_TYPE_OFFSET),
            Long.toUnsignedString(records.getLong(at + PmuRecord.PMU_TOTAL_CYCLES_OFFSET))));
    for (int i = 0; i < names.size(); i++) {
      if (!names.get(i).isEmpty()) {
        int counter = records.getInt(at + PmuRecord.COUNTERS_OFFSET + i * Integer.BYTES);
        out.write(Integer.toUnsignedString(counter) + ",");
      }
    }
    out.write(type + "\n");
  }

  /** The manifest has no totals of a single run: the gaps give its losses. */
  private Map<String, Object> scopeHead() {
    CaptureManifest.KindBooks books = source.manifest().outcome().kind(BufferKind.SCOPE_STATS);
    boolean isWhole = source.run() == 0 && source.manifest().outcome().isEnded();
    long dropped =
        isWhole ? books.droppedRecords() : job.losses().records(BufferKind.SCOPE_STATS, 0);
    ScopeCapacities capacities =
        source.manifest().cores().scopes().orElseGet(ProfilerFiles::unknown);
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("version", SCOPE_STATS_VERSION);
    head.put("fatal", capacities.isFatal());
    head.put("dropped", dropped);
    head.put(
        "total", isWhole ? books.produced() : source.records(BufferKind.SCOPE_STATS) + dropped);
    head.put("task_window_max", capacities.taskWindow());
    head.put("heap_max", capacities.heap());
    head.put("dep_pool_max", capacities.depPool());
    head.put("tensormap_max", capacities.tensormap());
    return head;
  }

  /** Capacities of a capture whose device reported none. */
  private static ScopeCapacities unknown() {
    return new ScopeCapacities(
        false,
        Collections.nCopies(ScopeStatsHeader.RINGS, 0),
        Collections.nCopies(ScopeStatsHeader.RINGS, 0),
        Collections.nCopies(ScopeStatsHeader.RINGS, 0L),
        0);
  }

  private static Map<String, Object> scopeLine(ByteBuffer records, int at) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put(
        "site", site(records, at) + ":" + records.getInt(at + ScopeStatsRecord.SITE_LINE_OFFSET));
    line.put("phase", records.getShort(at + ScopeStatsRecord.PHASE_OFFSET) == 0 ? "begin" : "end");
    line.put("depth", records.getShort(at + ScopeStatsRecord.DEPTH_OFFSET));
    line.put("ring", records.getShort(at + ScopeStatsRecord.RING_ID_OFFSET));
    line.put("task_window_start", records.getInt(at + ScopeStatsRecord.TASK_START_OFFSET));
    line.put("task_window_end", records.getInt(at + ScopeStatsRecord.TASK_END_OFFSET));
    line.put("heap_start", records.getLong(at + ScopeStatsRecord.HEAP_START_OFFSET));
    line.put("heap_end", records.getLong(at + ScopeStatsRecord.HEAP_END_OFFSET));
    line.put("dep_pool_start", records.getInt(at + ScopeStatsRecord.DEP_POOL_START_OFFSET));
    line.put("dep_pool_end", records.getInt(at + ScopeStatsRecord.DEP_POOL_END_OFFSET));
    line.put("tensormap", records.getInt(at + ScopeStatsRecord.TENSORMAP_USED_OFFSET));
    return line;
  }

  /** Returns the name of a scope's file; a name that the device cut off has no terminator. */
  private static String site(ByteBuffer records, int at) {
    byte[] name =
        new byte[ScopeStatsRecord.HEAP_START_OFFSET - ScopeStatsRecord.SITE_FILE_BASENAME_OFFSET];
    records.get(at + ScopeStatsRecord.SITE_FILE_BASENAME_OFFSET, name);
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }
}
