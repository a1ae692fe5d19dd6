package dev.sluice.output.export;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.ScopeCapacities;
import dev.sluice.abi.ScopeStatsHeader;
import dev.sluice.abi.ScopeStatsRecord;
import dev.sluice.output.capture.CaptureManifest;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@code scope_stats.jsonl}, as the runtime writes it: a line for the whole, then one for each
 * begin and end of a scope.
 */
final class ScopeStatsJsonl {
  static final String FILE_NAME = "scope_stats.jsonl";

  private static final BufferKind KIND = BufferKind.SCOPE_STATS;
  private static final int VERSION = 6;

  private ScopeStatsJsonl() {}

  /** Writes the lines in the order of the records; returns how many records. */
  static long write(CaptureSource source, Losses losses, ExportMonitor monitor, OutputStream stream)
      throws IOException {
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
    out.write(JSON.std.asString(head(source, losses)) + "\n");
    long rows = 0;
    for (int frame = 0; frame < source.frameCount(KIND, 0); frame++) {
      ByteBuffer records = source.frame(KIND, 0, frame);
      int count = records.limit() / ScopeStatsRecord.SIZE_BYTES;
      for (int i = 0; i < count; i++) {
        out.write(JSON.std.asString(line(records, i * ScopeStatsRecord.SIZE_BYTES)) + "\n");
      }
      rows += count;
      monitor.advance(count);
    }
    out.flush();
    return rows;
  }

  /** Of one run of several the manifest has no totals: there the marks of losses say it. */
  private static Map<String, Object> head(CaptureSource source, Losses losses) {
    CaptureManifest.KindBooks books = source.manifest().outcome().kind(KIND);
    boolean isWhole = source.run() == 0 && source.manifest().outcome().isEnded();
    long dropped = isWhole ? books.droppedRecords() : losses.records(KIND, 0);
    ScopeCapacities capacities =
        source.manifest().cores().scopes().orElseGet(ScopeStatsJsonl::unknown);
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("version", VERSION);
    head.put("fatal", capacities.isFatal());
    head.put("dropped", dropped);
    head.put("total", isWhole ? books.produced() : source.records(KIND) + dropped);
    head.put("task_window_max", capacities.taskWindow());
    head.put("heap_max", capacities.heap());
    head.put("dep_pool_max", capacities.depPool());
    head.put("tensormap_max", capacities.tensormap());
    return head;
  }

  /** Of a capture that was not ended. */
  private static ScopeCapacities unknown() {
    return new ScopeCapacities(
        false,
        Collections.nCopies(ScopeStatsHeader.RINGS, 0),
        Collections.nCopies(ScopeStatsHeader.RINGS, 0),
        Collections.nCopies(ScopeStatsHeader.RINGS, 0L),
        0);
  }

  private static Map<String, Object> line(ByteBuffer records, int at) {
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

  /** The device may have cut the name off: then nothing ends it. */
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
