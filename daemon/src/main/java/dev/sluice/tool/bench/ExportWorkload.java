package dev.sluice.tool.bench;

import dev.sluice.output.export.CaptureSource;
import dev.sluice.output.export.ExportFormat;
import dev.sluice.output.export.ExportMonitor;
import dev.sluice.output.export.ExportRequest;
import dev.sluice.output.export.ExportSummary;
import dev.sluice.output.export.Exporter;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How fast a capture becomes a file of another format, the file written to where the capture lies.
 * The first export of the process counts as one of the runs: nobody exports twice.
 *
 * @param targetRecordsPerSecond floor
 */
record ExportWorkload(String name, Load load, ExportFormat format, double targetRecordsPerSecond)
    implements Workload {
  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "records of a level-" + load.level() + " capture exported per second, memory to memory";
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    try (RecordedCapture capture = RecordedCapture.record(bench, load)) {
      double[] rates = new double[bench.runs()];
      double bytesPerRecord = 0;
      for (int run = 0; run < rates.length; run++) {
        long startNs = System.nanoTime();
        ExportSummary summary = export(capture);
        rates[run] = summary.records() / ((System.nanoTime() - startNs) / 1e9);
        bytesPerRecord = (double) summary.bytes() / summary.records();
      }
      return new Measurement(
          List.of(
              Figure.atLeast(
                  targetRecordsPerSecond, "records exported", rates, Unit.RECORDS_PER_SECOND),
              Figure.told("bytes per record", bytesPerRecord, Unit.RATIO)),
          capture.runs());
    }
  }

  private ExportSummary export(RecordedCapture capture) throws ToolException {
    Path output = capture.scratch("export");
    try (CaptureSource source = CaptureSource.open(capture.directory())) {
      ExportSummary summary =
          new Exporter(source, ExportRequest.of(format), ExportMonitor.NONE).toFile(output, false);
      Files.delete(output);
      return summary;
    } catch (IOException e) {
      throw new ToolException("the capture of the bench was not exported: " + e.getMessage(), e);
    }
  }
}
