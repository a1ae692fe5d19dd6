package dev.sluice.tool.bench;

import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.output.export.CaptureSource;
import dev.sluice.output.export.ExportFormat;
import dev.sluice.output.export.ExportMonitor;
import dev.sluice.output.export.ExportRequest;
import dev.sluice.output.export.ExportSummary;
import dev.sluice.output.export.Exporter;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Load;
import dev.sluice.tool.measure.Runs;
import dev.sluice.tool.measure.ScratchFolder;
import dev.sluice.tool.measure.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Workloads with captures: on a tmpfs if the host has one, to exclude the disk, or in the directory
 * of temporary files, to include it.
 */
final class CaptureWorkloads {
  private CaptureWorkloads() {}

  /**
   * Runs another workload against a daemon that captures as a flight recorder of the last GiB, so
   * that a full disk does not distort the result.
   */
  static Workload capturing(Workload inner) {
    return capturing(inner, "tmpfs if available", ScratchFolder::inMemory);
  }

  /** Like {@link #capturing}, on the disk of the directory of temporary files. */
  static Workload capturingToDisk(Workload inner) {
    return capturing(inner, "in TMPDIR", () -> ScratchFolder.in(Optional.empty()));
  }

  private interface Place {
    ScratchFolder make() throws ToolException;
  }

  private static Workload capturing(Workload inner, String where, Place place) {
    return new Workload(
        inner.name(),
        inner.version(),
        inner.description() + ", with capture on (recorder of 1GiB, " + where + ")",
        bench -> {
          // The daemon must stop before its folder is removed.
          try (ScratchFolder folder = place.make();
              Runs ignored = bench.runs()) {
            return inner.measure(
                bench.with(
                    Map.of(
                        "sluice.capture.enabled", "true",
                        "sluice.capture.directory", folder.path().toString(),
                        "sluice.capture.retention-bytes", "2GiB",
                        "sluice.capture.recorder.enabled", "true",
                        "sluice.capture.recorder.bytes", "1GiB",
                        // The search drops records on purpose; snapshots would fill the memory.
                        "sluice.capture.snapshot.on-drop", "false")));
          }
        });
  }

  /** Processes a complete capture. */
  private interface Work {
    List<Figure> on(Bench bench, Path capture, RunReport run) throws IOException, ToolException;
  }

  /** Records one run, then processes the capture. */
  private static Workload recorded(
      String name, int version, String description, Load load, Work work) {
    return new Workload(
        name,
        version,
        description,
        bench -> {
          // The daemon must stop before its folder is removed.
          try (ScratchFolder folder = ScratchFolder.inMemory();
              Runs ignored = bench.runs()) {
            Bench capturing =
                bench.with(
                    Map.of(
                        "sluice.capture.enabled",
                        "true",
                        "sluice.capture.directory",
                        folder.path().toString(),
                        "sluice.capture.retention-bytes",
                        "8GiB"));
            RunReport run = capturing.run(load);
            Path capture = onlyCapture(folder.path());
            bench.runs().close(); // the daemon has stopped: the capture is complete
            return new Measurement(work.on(bench, capture, run), List.of(run));
          } catch (IOException e) {
            throw new ToolException("the bench cannot use its capture: " + e.getMessage(), e);
          }
        });
  }

  private static Path onlyCapture(Path folder) throws IOException, ToolException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> Files.exists(path.resolve("manifest.json")))
          .findFirst()
          .orElseThrow(() -> new ToolException("the run of the bench was not captured"));
    }
  }

  /**
   * Measures the verification of a capture: checksums, order, accounting law, and the content of
   * every record, predicted from the synthetic producer's seed.
   */
  static Workload verify(String name, Load load, double targetBytesPerSecond) {
    return recorded(
        name,
        2,
        "bytes of records of a level-" + load.level() + " capture verified per second, from memory",
        load,
        (bench, capture, run) -> {
          double[] rates = new double[bench.medianOf()];
          for (int i = 0; i < rates.length; i++) {
            long startNs = System.nanoTime();
            try (CaptureReader reader = CaptureReader.open(capture)) {
              CaptureVerifier.Result result = CaptureVerifier.verify(reader);
              if (result.isDamaged() || result.isIncomplete()) {
                throw new ToolException(
                    "the capture of the bench has faults: " + result.damages() + result.losses());
              }
              rates[i] = result.recordBytes() / ((System.nanoTime() - startNs) / 1e9);
            }
          }
          return List.of(
              Figure.atLeast(targetBytesPerSecond, "verified", Unit.BYTES_PER_SECOND, rates));
        });
  }

  /**
   * Measures the size of a capture on disk; one run, since the same seed yields the same records.
   *
   * @param target bytes of segments on disk per byte of records
   */
  static Workload size(String name, Load load, double target) {
    return recorded(
        name,
        1,
        "size of a level-" + load.level() + " capture, against its records",
        load,
        (bench, capture, run) -> {
          double bytes = 0;
          try (Stream<Path> files = Files.list(capture)) {
            for (Path file : files.toList()) {
              bytes += file.getFileName().toString().contains(".seg") ? Files.size(file) : 0;
            }
          }
          double ratio = bytes / run.session().total().collectedBytes();
          return List.of(Figure.atMost(target, "on disk", Unit.RATIO, ratio));
        });
  }

  /**
   * Measures the export of a capture to a file next to it. The first export of the process counts
   * as one of the runs: a user exports once.
   */
  static Workload export(
      String name, Load load, ExportFormat format, double targetRecordsPerSecond) {
    return recorded(
        name,
        1,
        "records of a level-" + load.level() + " capture exported per second, memory to memory",
        load,
        (bench, capture, run) -> {
          Path output = capture.resolveSibling("export");
          double[] rates = new double[bench.medianOf()];
          double bytesPerRecord = 0;
          for (int i = 0; i < rates.length; i++) {
            long startNs = System.nanoTime();
            try (CaptureSource source = CaptureSource.open(capture)) {
              ExportSummary summary =
                  new Exporter(List.of(source), ExportRequest.of(format), ExportMonitor.NONE)
                      .toFile(output, false);
              rates[i] = summary.records() / ((System.nanoTime() - startNs) / 1e9);
              bytesPerRecord = (double) summary.bytes() / summary.records();
            }
            Files.delete(output);
          }
          return List.of(
              Figure.atLeast(
                  targetRecordsPerSecond, "records exported", Unit.RECORDS_PER_SECOND, rates),
              Figure.told("bytes per record", Unit.RATIO, bytesPerRecord));
        });
  }
}
