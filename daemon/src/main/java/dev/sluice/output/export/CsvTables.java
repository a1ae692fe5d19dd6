package dev.sluice.output.export;

import com.fasterxml.jackson.core.io.NumberOutput;
import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureManifest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A directory of tables with a header row: one per kind with every field of the record, one of the
 * gaps, one of the stalls, and a README that says what the numbers mean. Every field is a number or
 * one of our words, so that none needs quotes.
 */
final class CsvTables extends Tables {
  static final String README = "README.txt";

  private static final int BUFFER_BYTES = 1 << 16;

  /** Some twenty numbers and words. */
  private static final int MAX_ROW_BYTES = 1 << 12;

  private static final Map<Table, String> FILES =
      new EnumMap<>(
          Map.of(
              Table.AICORE_TASK, "aicore_task.csv",
              Table.AICPU_TASK, "aicpu_task.csv",
              Table.SCHED_PHASES, "sched_phase.csv",
              Table.ORCH_PHASES, "orch_phase.csv",
              Table.GAPS, "gaps.csv",
              Table.STALLS, "stalls.csv"));

  /** A file while it is written. */
  private static final class Part {
    private final OutputStream out;
    private final byte[] bytes = new byte[BUFFER_BYTES];
    private int count;

    Part(OutputStream out) {
      this.out = out;
    }

    void put(String word) {
      for (int i = 0; i < word.length(); i++) {
        bytes[count++] = (byte) word.charAt(i);
      }
    }

    void flush() throws IOException {
      out.write(bytes, 0, count);
      count = 0;
    }
  }

  private final Map<Table, Part> parts = new EnumMap<>(Table.class);
  private Part part;

  private CsvTables(Exporter.Job job, Path directory) throws IOException {
    super(job, job.source().clock().ns(0));
    for (Map.Entry<Table, String> file : FILES.entrySet()) {
      Part table = new Part(Files.newOutputStream(directory.resolve(file.getValue())));
      table.put(header(file.getKey()) + "\n");
      parts.put(file.getKey(), table);
    }
  }

  /** The columns of a table. */
  static String header(Table table) {
    List<String> names = new ArrayList<>();
    if (table != Table.GAPS && table != Table.STALLS) {
      names.add("run");
    }
    table.columns().forEach(column -> names.add(column.name()));
    return String.join(",", names);
  }

  /** Writes all tables into an empty directory; returns their rows. */
  static long write(Exporter.Job job, Path directory) throws IOException {
    try (CsvTables tables = new CsvTables(job, directory)) {
      for (BufferKind kind : BufferKind.TIMED) {
        tables.putRecords(kind, 0);
      }
      tables.putLosses();
      Files.writeString(directory.resolve(README), readme(job.source()));
      return tables.rows();
    }
  }

  @Override
  Tables begin(Table table, int run) {
    part = parts.get(table);
    return run == NO_RUN ? this : put(run);
  }

  @Override
  Tables put(long value) {
    part.count = NumberOutput.outputLong(value, part.bytes, part.count);
    part.bytes[part.count++] = ',';
    return this;
  }

  @Override
  Tables unsigned(long value) {
    return value < 0 ? put(Long.toUnsignedString(value)) : put(value);
  }

  @Override
  Tables put(String word) {
    part.put(word);
    part.bytes[part.count++] = ',';
    return this;
  }

  @Override
  Tables none() {
    return put("");
  }

  @Override
  void endRow() throws IOException {
    part.bytes[part.count - 1] = '\n';
    if (part.count > BUFFER_BYTES - MAX_ROW_BYTES) {
      part.flush();
    }
  }

  @Override
  public void close() throws IOException {
    for (Part each : parts.values()) {
      try (OutputStream out = each.out) {
        each.flush();
      }
    }
  }

  private static String readme(CaptureSource source) {
    CaptureManifest manifest = source.manifest();
    TraceClock clock = source.clock();
    return String.join(
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
        "time 0 on the wall: " + source.wallBase(),
        "host times: " + clock.accuracy(),
        "task ids and ticks need 64-bit integers: a spreadsheet rounds them after 15 digits",
        "instance -1: the core or thread is not known",
        "");
  }
}
