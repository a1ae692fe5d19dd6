package dev.sluice.service.transport;

import dev.sluice.config.IoReason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Predicate;

/**
 * The right to bind a Unix socket path.
 *
 * <p>A socket file outlives a killed daemon and then blocks the next one, but must not be taken
 * from a living one. The holder of the lock on {@code PATH.lock} decides: a socket that refuses
 * connections is stale and is removed; one that accepts belongs to a running daemon. The lock
 * closes the race between two daemons that start at once; the kernel releases it with the process.
 * The lock file itself stays, since removing it would reopen the race.
 */
final class SocketClaim implements AutoCloseable {
  /** sun_path has 108 bytes, including the NUL. */
  private static final int MAX_PATH_BYTES = 107;

  private final FileChannel lockFile;

  private SocketClaim(FileChannel lockFile) {
    this.lockFile = lockFile;
  }

  static SocketClaim take(Path path, String purpose) {
    refuseUnusable(path, purpose);
    SocketClaim claim = new SocketClaim(lock(path, purpose));
    try {
      removeStale(path, purpose);
      return claim;
    } catch (RuntimeException e) {
      claim.close();
      throw e;
    }
  }

  private static void refuseUnusable(Path path, String purpose) {
    refuseUnusable(path, purpose, Files::isWritable);
  }

  /**
   * @param isWritable whether this process may create files in a directory
   */
  static void refuseUnusable(Path path, String purpose, Predicate<Path> isWritable) {
    int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_PATH_BYTES) {
      throw new BindException(
          "the path of the "
              + purpose
              + " socket has "
              + bytes
              + " bytes, the limit is "
              + MAX_PATH_BYTES
              + ": choose a shorter one than "
              + path);
    }
    Path directory = path.toAbsolutePath().getParent();
    if (!Files.isDirectory(directory)) {
      throw new BindException(
          "no directory "
              + directory
              + " for the "
              + purpose
              + " socket: create it, or set sluice."
              + purpose
              + ".socket to a path elsewhere");
    }
    if (!isWritable.test(directory)) {
      throw new BindException(
          "no permission to create the "
              + purpose
              + " socket in "
              + directory
              + ": run as its owner, or set sluice."
              + purpose
              + ".socket to a path elsewhere");
    }
  }

  private static FileChannel lock(Path path, String purpose) {
    Path lockPath = path.resolveSibling(path.getFileName() + ".lock");
    FileChannel channel = null;
    try {
      channel = FileChannel.open(lockPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
      channel.close();
    } catch (OverlappingFileLockException e) {
      closeQuietly(channel);
    } catch (IOException e) {
      closeQuietly(channel);
      throw new BindException(
          "cannot lock "
              + lockPath
              + " for the "
              + purpose
              + " socket: "
              + IoReason.of(e)
              + owner(lockPath),
          e);
    }
    throw anotherDaemon(path, purpose);
  }

  private static void removeStale(Path path, String purpose) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      boolean isSpecial =
          (Boolean) Files.getAttribute(path, "basic:isOther", LinkOption.NOFOLLOW_LINKS);
      if (!isSpecial) {
        throw new BindException(
            path
                + " is not a socket: remove it, or set sluice."
                + purpose
                + ".socket to a path elsewhere");
      }
      if (accepts(path)) {
        throw anotherDaemon(path, purpose);
      }
      Files.delete(path);
    } catch (IOException e) {
      throw new BindException(
          "cannot replace the " + purpose + " socket " + path + ": " + IoReason.of(e) + owner(path),
          e);
    }
  }

  /** Describes the file's owner, for a user who may not remove the file. */
  private static String owner(Path file) {
    try {
      return ", owner " + Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName();
    } catch (IOException e) {
      return "";
    }
  }

  private static boolean accepts(Path path) throws IOException {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return probe.connect(UnixDomainSocketAddress.of(path));
    } catch (ConnectException e) {
      return false; // refused: no listener
    }
  }

  private static BindException anotherDaemon(Path path, String purpose) {
    return new BindException(
        "another daemon listens on "
            + path
            + ": stop it, or set sluice."
            + purpose
            + ".socket to another path");
  }

  private static void closeQuietly(FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException ignored) {
        // The caller reports why locking failed.
      }
    }
  }

  /** Releases the lock. The socket file must be removed before. Idempotent. */
  @Override
  public void close() {
    closeQuietly(lockFile);
  }
}
