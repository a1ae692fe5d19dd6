package dev.sluice.tool;

import dev.sluice.config.IoReason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;

/**
 * The directory of a demo's capture. A later demo of the same user removes it, so that demos do not
 * fill the disk. A file marks it as removable and is locked while the demo runs. A directory
 * without the mark, with a locked mark or of another user is left alone.
 */
final class DemoDirectory implements AutoCloseable {
  private static final String PREFIX = "sluice-demo-";

  /** If it exists, the directory may be removed; if it is locked, the directory is in use. */
  static final String MARK = ".removed-by-the-next-demo";

  private final Path path;
  private final FileChannel mark;

  private DemoDirectory(Path path, FileChannel mark) {
    this.path = path;
    this.mark = mark;
  }

  /**
   * Creates a temporary directory and removes those of ended demos.
   *
   * @param isKept whether to protect this directory from later demos and keep those of earlier ones
   * @param messages receives what was removed, or cannot be
   */
  static DemoDirectory make(boolean isKept, Consumer<String> messages) throws ToolException {
    Path path =
        TemporaryDirectory.make(
            TemporaryDirectory.base(),
            PREFIX,
            "the capture",
            "set TMPDIR or --capture-directory to another directory");
    DemoDirectory directory = new DemoDirectory(path, isKept ? null : lockedMark(path, messages));
    if (!isKept) {
      directory.removeEarlier(messages);
    }
    return directory;
  }

  /** Creates the mark, locked before it gets its name, so no other demo ever finds it unlocked. */
  private static FileChannel lockedMark(Path directory, Consumer<String> messages) {
    Path unnamed = directory.resolve(MARK + ".new");
    FileChannel channel = null;
    try {
      channel = FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      channel.lock();
      Files.move(unnamed, directory.resolve(MARK), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // Some network file systems do not support locks.
      messages.accept("later demos will not remove " + directory + ": " + IoReason.of(e));
    }
    return channel;
  }

  Path path() {
    return path;
  }

  private void removeEarlier(Consumer<String> messages) {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(path.getParent(), PREFIX + "*")) {
      for (Path other : all) {
        if (!other.equals(path)) {
          removeEarlier(other, messages);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      messages.accept("cannot look for earlier demos in " + path.getParent() + ": " + e);
    }
  }

  private void removeEarlier(Path other, Consumer<String> messages) {
    try {
      if (isOfThisUser(other) && removeUnlocked(other)) {
        messages.accept("removed the capture of an earlier demo, " + other);
      }
    } catch (IOException e) {
      messages.accept(
          "cannot remove the capture of an earlier demo, " + other + ": " + IoReason.of(e));
    }
  }

  private boolean isOfThisUser(Path other) throws IOException {
    return Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
        && Files.isRegularFile(other.resolve(MARK), LinkOption.NOFOLLOW_LINKS)
        && Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(path));
  }

  private static boolean removeUnlocked(Path directory) throws IOException {
    Path mark = directory.resolve(MARK);
    try (FileChannel channel =
            FileChannel.open(mark, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        return false;
      }
      removeAllBut(mark, directory);
      // Last, so that the next demo finds the rest if this removal fails.
      Files.delete(mark);
      Files.delete(directory);
      return true;
    } catch (OverlappingFileLockException e) {
      return false; // belongs to a demo in this process
    }
  }

  private static void removeAllBut(Path mark, Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!file.equals(mark)) {
              Files.delete(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            if (!folder.equals(directory)) {
              Files.delete(folder);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Releases the lock and removes the directory if nothing was captured. */
  @Override
  public void close() {
    try (FileChannel closed = mark) {
      boolean isEmpty;
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        isEmpty = true;
        for (Path entry : entries) {
          isEmpty &= entry.getFileName().toString().equals(MARK);
        }
      }
      if (isEmpty) {
        Files.deleteIfExists(path.resolve(MARK));
        Files.delete(path);
      }
    } catch (IOException ignored) {
      // The rest keeps its mark: the next demo removes it.
    }
  }
}
