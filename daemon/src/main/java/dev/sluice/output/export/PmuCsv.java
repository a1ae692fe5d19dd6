package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.PmuEvents;
import dev.sluice.abi.PmuRecord;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** {@code pmu.csv}, as the runtime writes it: a row for each task of which a core kept counters. */
final class PmuCsv {
  static final String FILE_NAME = "pmu.csv";

  private PmuCsv() {}

  /** Writes the rows core by core, each in the order of its tasks; returns how many. */
  static long write(
      CaptureSource source, ExportSelection selection, ExportMonitor monitor, OutputStream stream)
      throws IOException {
    int type = source.geometry().pmuEventType();
    List<String> names = PmuEvents.names(source.geometry().layout().platform(), type);
    BufferedWriter out =
        new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.US_ASCII));
    out.write("thread_id,core_id,task_id,func_id,core_type,pmu_total_cycles,");
    for (String name : names) {
      out.write(name.isEmpty() ? "" : name + ",");
    }
    out.write("event_type\n");
    long rows = 0;
    for (int core = 0; core < source.instances(BufferKind.PMU); core++) {
      for (int frame = 0; frame < source.frameCount(BufferKind.PMU, core); frame++) {
        if (!selection.hasCore(core)) {
          continue;
        }
        ByteBuffer records = source.frame(BufferKind.PMU, core, frame);
        int thread = source.queue() >= 0 ? source.queue() : source.threadOf(core);
        int count = records.limit() / PmuRecord.SIZE_BYTES;
        for (int i = 0; i < count; i++) {
          row(out, thread, core, records, i * PmuRecord.SIZE_BYTES, names, type);
        }
        rows += count;
        monitor.advance(count);
      }
    }
    out.flush();
    return rows;
  }

  private static void row(
      BufferedWriter out,
      int thread,
      int core,
      ByteBuffer records,
      int at,
      List<String> names,
      int type)
      throws IOException {
    out.write(
        String.format(
            Locale.ROOT,
            "%d,%d,0x%016x,%d,%d,%s,",
            thread,
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
}
