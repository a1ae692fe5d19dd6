package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** A folder of a workload's own, gone with all that is in it when the workload ends. */
record ScratchFolder(Path path) implements AutoCloseable {
  private static final Path MEMORY = Path.of("/dev/shm");

  /** In memory where there is such a file system, so that no disk is measured. */
  static ScratchFolder inMemory() throws ToolException {
    try {
      return new ScratchFolder(
          Files.isWritable(MEMORY)
              ? Files.createTempDirectory(MEMORY, "sluice-bench-")
              : Files.createTempDirectory("sluice-bench-"));
    } catch (IOException e) {
      throw new ToolException("no folder for the files of the bench: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws ToolException {
    try {
      Files.walkFileTree(
          path,
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
      throw new ToolException("the files of the bench stay in " + path, e);
    }
  }
}
