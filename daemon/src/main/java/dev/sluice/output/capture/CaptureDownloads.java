package dev.sluice.output.capture;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Serves captures for download. The files of a capture are hard-linked while it is read, so that
 * retention neither frees nor overwrites them under the reader. Any thread.
 */
final class CaptureDownloads {
  private final CaptureFiles files;
  private final CaptureRetention retention;
  private final Path folder;
  // Guarded by this.
  private final Set<Path> open = new HashSet<>();
  private int lastNumber;

  /**
   * @param folder folder for the links, on the same file system as the captures
   */
  CaptureDownloads(CaptureFiles files, CaptureRetention retention, Path folder) {
    this.files = files;
    this.retention = retention;
    this.folder = folder;
  }

  /** Returns a finished capture as a tar stream. */
  InputStream open(Path capture) throws IOException {
    tidy();
    Path links = newFolder();
    try {
      files.createDirectories(links);
      synchronized (retention) {
        for (Path file : content(capture)) {
          files.linkOrCopy(file, links.resolve(file.getFileName()));
        }
      }
      InputStream tar = TarStream.of(capture.getFileName().toString(), content(links));
      return new FilterInputStream(tar) {
        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
          return in.read(into, offset, length);
        }

        @Override
        public void close() throws IOException {
          try {
            super.close();
          } finally {
            release(links);
          }
        }
      };
    } catch (IOException | RuntimeException e) {
      release(links);
      throw e;
    }
  }

  private synchronized Path newFolder() {
    lastNumber++;
    Path links = folder.resolve(ProcessHandle.current().pid() + "-" + lastNumber);
    open.add(links);
    return links;
  }

  /** The manifest first, then segments and indexes by number. */
  private static List<Path> content(Path capture) throws IOException {
    try (Stream<Path> all = Files.list(capture)) {
      List<Path> content =
          all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
              .filter(CaptureDownloads::belongs)
              .sorted()
              .toList();
      Path manifest = capture.resolve(CaptureFormat.MANIFEST);
      return Stream.concat(Stream.of(manifest), content.stream().filter(f -> !f.equals(manifest)))
          .toList();
    }
  }

  private static boolean belongs(Path file) {
    String name = file.getFileName().toString();
    int number = CaptureFormat.segmentNumber(file);
    return number >= 0 || name.equals(CaptureFormat.MANIFEST) || name.endsWith(".idx");
  }

  private void release(Path links) throws IOException {
    try {
      removeFolder(links);
    } finally {
      synchronized (this) {
        open.remove(links);
      }
    }
  }

  /** Removes what a killed daemon left. */
  synchronized void tidy() throws IOException {
    if (!files.exists(folder)) {
      return;
    }
    List<Path> left;
    try (Stream<Path> all = Files.list(folder)) {
      left = all.filter(links -> !open.contains(links)).toList();
    }
    for (Path links : left) {
      removeFolder(links);
    }
  }

  private void removeFolder(Path links) throws IOException {
    try (Stream<Path> all = Files.list(links)) {
      for (Path file : all.toList()) {
        files.delete(file);
      }
    } catch (NoSuchFileException ignored) {
      return; // Never created.
    }
    files.delete(links);
  }
}
