package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A capture of one run, made for workloads that read captures; in memory where there is a tmpfs, so
 * that no disk is measured. Deleted when closed.
 */
final class RecordedCapture implements AutoCloseable {
  private static final Path MEMORY = Path.of("/dev/shm");

  private final Path folder;
  private Path directory;
  private RunReport run;

  private RecordedCapture(Path folder) {
    this.folder = folder;
  }

  /** Records a run. */
  static RecordedCapture record(Bench bench, Load load) throws ToolException {
    RecordedCapture capture = new RecordedCapture(newFolder());
    try {
      capture.write(bench, load);
      return capture;
    } catch (ToolException | RuntimeException e) {
      capture.close();
      throw e;
    }
  }

  private void write(Bench bench, Load load) throws ToolException {
    try (Bench capturing =
        bench.with(
            Map.of(
                "sluice.capture.enabled",
                "true",
                "sluice.capture.directory",
                folder.toString(),
                "sluice.capture.retention-bytes",
                "8GiB"))) {
      run = capturing.run(load);
      directory = onlyDirectory();
    } catch (IOException e) {
      throw new ToolException("the capture of the bench cannot be read: " + e.getMessage(), e);
    }
    // The daemon has stopped: the capture is whole.
  }

  private static Path newFolder() throws ToolException {
    try {
      return Files.isWritable(MEMORY)
          ? Files.createTempDirectory(MEMORY, "sluice-bench-")
          : Files.createTempDirectory("sluice-bench-");
    } catch (IOException e) {
      throw new ToolException("no folder for the captures of the bench: " + e.getMessage(), e);
    }
  }

  private Path onlyDirectory() throws IOException, ToolException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> Files.exists(path.resolve("manifest.json")))
          .findFirst()
          .orElseThrow(() -> new ToolException("the run of the bench was not captured"));
    }
  }

  /** Where it is. */
  Path directory() {
    return directory;
  }

  /** A file beside it, which goes with it. */
  Path scratch(String name) {
    return folder.resolve(name);
  }

  /** The run that was recorded, to show what the machine did meanwhile. */
  List<RunReport> runs() {
    return List.of(run);
  }

  long recordBytes() {
    return run.session().total().collectedBytes();
  }

  /** Bytes of its segments on disk. */
  long segmentBytes() throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        bytes += file.getFileName().toString().contains(".seg") ? Files.size(file) : 0;
      }
    }
    return bytes;
  }

  @Override
  public void close() throws ToolException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new ToolException("the captures of the bench stay in " + folder, e);
    }
  }
}
