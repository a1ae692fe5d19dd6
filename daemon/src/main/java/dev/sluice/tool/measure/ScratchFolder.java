package dev.sluice.tool.measure;

import dev.sluice.tool.TemporaryDirectory;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** A private directory, removed with its content when closed. */
public record ScratchFolder(Path path) implements AutoCloseable {
  private static final Path MEMORY = Path.of("/dev/shm");

  /** Creates a folder in memory if the host has a tmpfs, so that no disk is measured. */
  public static ScratchFolder inMemory() throws ToolException {
    return in(Files.isWritable(MEMORY) ? Optional.of(MEMORY) : Optional.empty());
  }

  /** Creates a folder in another one; empty means the directory of temporary files. */
  public static ScratchFolder in(Optional<Path> parent) throws ToolException {
    return new ScratchFolder(
        TemporaryDirectory.make(
            parent.map(Path::toAbsolutePath).orElse(TemporaryDirectory.base()),
            "sluice-measure-",
            "the measurement",
            "set TMPDIR or --capture-directory to another directory"));
  }

  /** Deletes a folder. Undeletable files remain among the temporary files. */
  public static void delete(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException ignored) {
      // Remains, see above.
    }
  }

  @Override
  public void close() {
    delete(path);
  }
}
