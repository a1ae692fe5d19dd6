package dev.sluice.output.export;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Outputs that appear under their name only once complete: they are written next to the target
 * under another name, then renamed. A failure leaves no file; a killed process leaves the temporary
 * one, whose name ends in {@code .partial}.
 *
 * <p>Links are followed. A target that is not a regular file, such as a named pipe or {@code
 * /dev/stdout}, is written directly: it cannot be replaced by a rename, and a reader of a pipe
 * notices an early end anyway.
 */
final class ExportOutput {
  private static final String GZIP = ".gz";
  private static final int BUFFER_BYTES = 1 << 16;

  /** Fills an output. */
  interface Body<T> {
    void fill(T output) throws IOException;
  }

  /** Writes an output under a temporary name; returns its size in bytes. */
  private interface Maker {
    long make(Path partial) throws IOException;
  }

  private ExportOutput() {}

  /**
   * Writes a file, compressed if its name ends in {@value #GZIP}.
   *
   * @param isForced whether an existing file may be replaced
   * @return bytes written
   */
  static long file(Path output, boolean isForced, Body<OutputStream> body) throws IOException {
    if (Files.isDirectory(output)) {
      throw new ExportException(output + " is a directory; name a file in it");
    }
    boolean isGzip = String.valueOf(output.getFileName()).endsWith(GZIP);
    if (Files.exists(output) && !Files.isRegularFile(output)) {
      return stream(Files.newOutputStream(output, StandardOpenOption.WRITE), isGzip, body);
    }
    return place(
        output,
        target(output, isForced),
        partial -> stream(Files.newOutputStream(partial), isGzip, body));
  }

  /** Makes an output next to its target and moves it there once complete. */
  private static long place(Path output, Path target, Maker maker) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    Path partial =
        absolute.resolveSibling(
            "." + absolute.getFileName() + "." + ProcessHandle.current().pid() + ".partial");
    delete(partial);
    try {
      long bytes = maker.make(partial);
      if (Files.isRegularFile(target)) {
        Files.setPosixFilePermissions(partial, Files.getPosixFilePermissions(target));
      }
      Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
      return bytes;
    } catch (NoSuchFileException e) {
      throw Files.exists(partial)
          ? e
          : new ExportException("the directory of " + output + " does not exist", e);
    } finally {
      delete(partial);
    }
  }

  /** Returns the path to write: the target of a link. */
  private static Path target(Path output, boolean isForced) throws IOException {
    boolean exists = Files.exists(output);
    if (!exists && Files.exists(output, LinkOption.NOFOLLOW_LINKS)) {
      throw new ExportException(output + " is a link to a file that does not exist");
    }
    if (exists && !isForced) {
      throw new ExportException(output + " exists; use --force to replace it");
    }
    return exists ? output.toRealPath() : output;
  }

  private static long stream(OutputStream stream, boolean isGzip, Body<OutputStream> body)
      throws IOException {
    try (Counting out = new Counting(isGzip ? gzip(stream) : stream)) {
      body.fill(out);
      out.close(); // a failure here means an incomplete output
      return out.bytes;
    }
  }

  private static OutputStream gzip(OutputStream stream) throws IOException {
    return new GZIPOutputStream(stream, BUFFER_BYTES) {
      {
        def.setLevel(Deflater.BEST_SPEED);
      }
    };
  }

  /** Counts bytes before compression. */
  static final class Counting extends FilterOutputStream {
    private long bytes;

    Counting(OutputStream out) {
      super(new BufferedOutputStream(out, BUFFER_BYTES));
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      bytes++;
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
      out.write(b, off, len);
      bytes += len;
    }

    long bytes() {
      return bytes;
    }
  }

  /**
   * Fills a directory.
   *
   * @param isForced whether the directory of an earlier export may be replaced
   * @return size of its files in bytes
   */
  static long directory(Path output, boolean isForced, Body<Path> body) throws IOException {
    Path target = target(output, isForced);
    if (Files.exists(target) && !isEarlierExport(target)) {
      throw new ExportException(
          output + " is not the directory of an earlier export; remove it or name another");
    }
    return place(
        output,
        target,
        partial -> {
          body.fill(Files.createDirectory(partial));
          delete(target);
          try (Stream<Path> files = Files.walk(partial)) {
            return files.filter(Files::isRegularFile).mapToLong(of -> of.toFile().length()).sum();
          }
        });
  }

  private static boolean isEarlierExport(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> !Files.isDirectory(file))
          .allMatch(file -> file.toString().matches(".*(\\.csv|\\.json|\\.parquet|/README\\.txt)"));
    }
  }

  private static void delete(Path directory) throws IOException {
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
