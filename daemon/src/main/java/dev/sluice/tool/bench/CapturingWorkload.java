package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;

/**
 * Another workload, against a daemon that captures: into memory, as a flight recorder that keeps
 * the last GiB, so that neither a disk nor its fill level is measured.
 */
record CapturingWorkload(String name, Workload inner) implements Workload {
  private static final Path MEMORY = Path.of("/dev/shm");

  @Override
  public int version() {
    return inner.version();
  }

  @Override
  public String description() {
    return inner.description() + ", with capture on (recorder of 1GiB, tmpfs where there is one)";
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    Path directory = newDirectory();
    try (Bench capturing =
        bench.with(
            Map.of(
                "sluice.capture.enabled", "true",
                "sluice.capture.directory", directory.toString(),
                "sluice.capture.compress", "false",
                "sluice.capture.retention-bytes", "2GiB",
                "sluice.capture.recorder.enabled", "true",
                "sluice.capture.recorder.bytes", "1GiB",
                // The search drops records on purpose; their snapshots would fill the memory.
                "sluice.capture.snapshot.on-drop", "false"))) {
      return inner.measure(capturing);
    } finally {
      delete(directory);
    }
  }

  private static Path newDirectory() throws ToolException {
    try {
      return Files.isWritable(MEMORY)
          ? Files.createTempDirectory(MEMORY, "sluice-bench-")
          : Files.createTempDirectory("sluice-bench-");
    } catch (IOException e) {
      throw new ToolException("no folder for the captures of the bench: " + e.getMessage(), e);
    }
  }

  private static void delete(Path directory) throws ToolException {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure)
                throws IOException {
              Files.delete(visited);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new ToolException("the captures of the bench stay in " + directory, e);
    }
  }
}
