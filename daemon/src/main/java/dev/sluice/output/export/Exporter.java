package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Exports a capture to a file, a directory or a stream. One thread at a time; a trace is drawn on a
 * second one and encoded on a third, and every output is written on one of its own.
 */
public final class Exporter {
  private final RecordSource source;
  private final ExportRequest request;
  private final ExportMonitor monitor;
  private long records;
  private JoinCounts joins = new JoinCounts();

  public Exporter(RecordSource source, ExportRequest request, ExportMonitor monitor) {
    this.source = source;
    this.request = request;
    this.monitor = monitor;
  }

  /** Records that an export of everything reads; the end of its progress. */
  public long totalRecords() {
    return BufferKind.ALL.stream().mapToLong(source::records).sum();
  }

  /**
   * Writes to a stream, which stays open. Not for {@link ExportFormat#CSV}, which is many files.
   */
  public ExportSummary toStream(OutputStream stream) throws IOException {
    long rows;
    long bytes;
    try (ByteOutput out = new ByteOutput(stream)) {
      rows = write(out);
      bytes = out.bytes();
    }
    stream.flush();
    return summary(rows, bytes);
  }

  /**
   * Writes a file, or for {@link ExportFormat#CSV} a directory, that appears when it is complete.
   *
   * @param isForced whether what is there may be replaced
   * @return where it lies: for a directory and {@link ExportFormat#RECORDS_JSON} within it, under
   *     the name that the runtime's tools look for
   * @throws ExportException if the output exists, or there is nothing to write
   */
  public ExportSummary toFile(Path output, boolean isForced) throws IOException {
    if (request.format() == ExportFormat.CSV) {
      return toDirectory(output, isForced);
    }
    long rows;
    long bytes;
    try (ExportFile file = ExportFile.create(fileOf(output), isForced)) {
      try (ByteOutput out = new ByteOutput(file.stream())) {
        rows = write(out);
        bytes = out.bytes();
      }
      file.complete();
    }
    return summary(rows, bytes);
  }

  /** The file that {@link #toFile} writes for this output. */
  public Path fileOf(Path output) {
    return request.format() == ExportFormat.RECORDS_JSON && Files.isDirectory(output)
        ? output.resolve(request.levelKey().fileNameFor(source.facts().generation()))
        : output;
  }

  private ExportSummary summary(long rows, long bytes) {
    return new ExportSummary(
        records, rows, bytes, joins.aicpuWithoutAicore, joins.aicoreWithoutAicpu, joins.givenUp);
  }

  private void advance(long more) throws ExportException {
    records += more;
    monitor.advance(more);
  }

  private long write(ByteOutput out) throws IOException {
    TraceClock clock = TraceClock.of(source);
    return switch (request.format()) {
      case RECORDS_JSON ->
          RecordsJsonExport.write(
              source,
              request.selection(),
              request.selection().window(clock),
              request.levelKey(),
              this::advance,
              out);
      case CHROME_TRACE -> writeTrace(clock, new ChromeTraceWriter(source.facts(), request, out));
      case PERFETTO -> writeTrace(clock, new PerfettoWriter(source.facts(), request.names(), out));
      case CSV -> throw new ExportException("csv is a directory of files; name one with -o");
    };
  }

  private long writeTrace(TraceClock clock, TraceSink writer) throws IOException {
    try (PipelinedSink sink = new PipelinedSink(writer)) {
      TraceModel model =
          new TraceModel(
              source,
              clock,
              request.selection(),
              request.graph(),
              request.names(),
              this::advance,
              sink);
      model.run();
      joins = model.joins();
    }
    return joins.joined;
  }

  private ExportSummary toDirectory(Path output, boolean isForced) throws IOException {
    if (Files.exists(output) && !isForced) {
      throw new ExportException(output + " exists; use --force to replace it");
    }
    if (Files.exists(output) && !isTableDirectory(output)) {
      throw new ExportException(output + " is no earlier csv export; remove it or name another");
    }
    Path partial = ExportFile.partialOf(output);
    deleteTables(partial);
    long rows = 0;
    long bytes = 0;
    try {
      Files.createDirectory(partial);
      TimeWindow window = request.selection().window(TraceClock.of(source));
      for (BufferKind kind : BufferKind.ALL) {
        try (OutputStream stream = Files.newOutputStream(partial.resolve(tableOf(kind)));
            ByteOutput out = new ByteOutput(stream)) {
          rows += CsvExport.write(source, kind, request.selection(), window, this::advance, out);
          bytes += out.bytes();
        }
      }
      deleteTables(output);
      Files.move(partial, output);
    } finally {
      deleteTables(partial);
    }
    return summary(rows, bytes);
  }

  static String tableOf(BufferKind kind) {
    return kind.name().toLowerCase(Locale.ROOT) + ".csv";
  }

  private static boolean isTableDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    List<String> tables = BufferKind.ALL.stream().map(Exporter::tableOf).toList();
    try (Stream<Path> files = Files.list(directory)) {
      return files.allMatch(file -> tables.contains(file.getFileName().toString()));
    }
  }

  private static void deleteTables(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
