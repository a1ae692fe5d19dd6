package dev.sluice.output.export;

import com.fasterxml.jackson.core.io.NumberOutput;
import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureManifest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * Writes a directory of tables with header rows: one table per kind with every field of the record,
 * one of gaps, one of stalls, and a README that explains the numbers. Every field is a number or
 * one of a fixed set of words, so none needs quotes.
 */
final class CsvTables implements Tables.Format {
  private static final int BUFFER_BYTES = 1 << 16;

  /** Enough for about twenty numbers and words. */
  private static final int MAX_ROW_BYTES = 1 << 12;

  /** A file being written. */
  private static final class Part {
    final OutputStream out;
    final byte[] bytes = new byte[BUFFER_BYTES];
    int count;

    Part(OutputStream out) {
      this.out = out;
    }

    void flush() throws IOException {
      out.write(bytes, 0, count);
      count = 0;
    }
  }

  private final Map<Tables.Table, Part> parts = new EnumMap<>(Tables.Table.class);

  private CsvTables(Path directory) throws IOException {
    for (Tables.Table table : Tables.Table.values()) {
      if (table != Tables.Table.TASKS && table != Tables.Table.SESSIONS) {
        // One per kind, named after it.
        Path file = directory.resolve(table.label.replace("phases", "phase") + ".csv");
        Part part = new Part(Files.newOutputStream(file));
        parts.put(table, part);
        part.out.write((header(table) + "\n").getBytes(StandardCharsets.US_ASCII));
      }
    }
  }

  /** Returns the header of a table. */
  static String header(Tables.Table table) {
    boolean hasRun = table != Tables.Table.GAPS && table != Tables.Table.STALLS;
    return (hasRun ? "run," : "")
        + String.join(",", table.columns.stream().map(Tables.Column::name).toList());
  }

  /** Writes all tables into an empty directory; returns the number of rows. */
  static long write(Exporter.Job job, Path directory) throws IOException {
    try (CsvTables files = new CsvTables(directory)) {
      Tables tables = new Tables(job, job.source().clock().ns(0), files);
      for (BufferKind kind : BufferKind.TIMED) {
        tables.putRecords(kind, 0);
      }
      tables.putLosses();
      Files.writeString(directory.resolve("README.txt"), readme(job.source()));
      return tables.rows();
    }
  }

  @Override
  @SuppressWarnings("deprecation") // ASCII only
  public void write(Tables.Table table, int run, Tables.Values row) throws IOException {
    Part part = parts.get(table);
    byte[] bytes = part.bytes;
    int at = part.count;
    if (run != Tables.NO_RUN) {
      at = NumberOutput.outputInt(run, bytes, at);
      bytes[at++] = ',';
    }
    for (int i = 0; i < row.count; i++) {
      Tables.Type type = table.columns.get(i).type();
      String word = null;
      if (row.isThere[i] && type == Tables.Type.STRING) {
        word = row.words[i];
      } else if (row.isThere[i] && row.numbers[i] < 0 && type == Tables.Type.ULONG) {
        word = Long.toUnsignedString(row.numbers[i]);
      } else if (row.isThere[i]) {
        at = NumberOutput.outputLong(row.numbers[i], bytes, at);
      }
      if (word != null) {
        word.getBytes(0, word.length(), bytes, at);
        at += word.length();
      }
      bytes[at++] = ',';
    }
    bytes[at - 1] = '\n';
    part.count = at;
    if (at > BUFFER_BYTES - MAX_ROW_BYTES) {
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
        "capture: " + source.name(),
        "host: " + manifest.origin().host(),
        "device: " + manifest.origin().device(),
        "session: " + manifest.origin().session() + " " + manifest.origin().producer(),
        "layout: " + manifest.layout().id(),
        "",
        "*_ticks: device ticks, unsigned 64 bits, " + source.clockHz() + " per second",
        "*_ns: nanoseconds since time 0; empty if the time is impossible",
        "time 0: device tick " + Long.toUnsignedString(clock.deviceTicks(0)),
        "time 0 on the host's monotonic clock: " + clock.baseHostNs() + " ns",
        "time 0 on the wall clock: " + source.wallBase(),
        "host times: " + clock.accuracy(),
        "task ids and ticks need 64-bit integers: a spreadsheet rounds them after 15 digits",
        "instance -1: the core or thread is unknown",
        "");
  }
}
