package dev.sluice.output.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * An output that appears under its name only when it is complete: written beside it under another
 * name, then renamed. Closed without {@link #complete}, it leaves nothing behind; a killed process
 * leaves the other name, which says what it is.
 *
 * <p>Something that is no regular file, such as a named pipe or {@code /dev/stdout}, is written to
 * directly: it cannot be renamed over, and a reader of a pipe sees an early end anyway.
 */
final class ExportFile implements AutoCloseable {
  private final Path target;
  private final Path partial;
  private final OutputStream stream;
  private boolean isComplete;

  private ExportFile(Path target, Path partial, OutputStream stream) {
    this.target = target;
    this.partial = partial;
    this.stream = stream;
  }

  /**
   * @param isForced whether an existing file may be replaced
   */
  static ExportFile create(Path target, boolean isForced) throws IOException {
    if (Files.isDirectory(target)) {
      throw new ExportException(target + " is a directory; name a file in it");
    }
    boolean exists = Files.exists(target);
    try {
      if (exists && !Files.isRegularFile(target)) {
        return new ExportFile(
            target, null, Files.newOutputStream(target, StandardOpenOption.WRITE));
      }
      if (exists && !isForced) {
        throw new ExportException(target + " exists; use --force to replace it");
      }
      Path partial = partialOf(target);
      return new ExportFile(target, partial, Files.newOutputStream(partial));
    } catch (NoSuchFileException e) {
      throw new ExportException("the directory of " + target + " does not exist", e);
    }
  }

  static Path partialOf(Path target) {
    return target.resolveSibling(
        "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".partial");
  }

  OutputStream stream() {
    return stream;
  }

  /** Everything is written: gives it its name. */
  void complete() throws IOException {
    stream.close();
    if (partial != null) {
      Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
    }
    isComplete = true;
  }

  @Override
  public void close() throws IOException {
    if (isComplete) {
      return;
    }
    try {
      stream.close();
    } finally {
      if (partial != null) {
        Files.deleteIfExists(partial);
      }
    }
  }
}
