package dev.sluice.output.capture;

import dev.sluice.config.IoReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Exclusive right of one daemon to remove and reuse files of a capture directory: a second daemon
 * would mistake the first one's captures for ended ones. The kernel drops the lock with the
 * process. The lock file stays, since removing it would open a race. Readers need no lock.
 */
final class CaptureLock implements AutoCloseable {
  static final String NAME = ".lock";

  // Closing any channel to the file drops this process's lock, so a process must not probe its own.
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final FileChannel channel;
  private final Path place;
  private final String refusal;

  private CaptureLock(FileChannel channel, Path directory, String refusal) {
    this.channel = channel;
    this.place = place(directory);
    OWN.add(place);
    this.refusal = refusal;
  }

  /** Thrown if another process holds the lock. */
  static final class HeldException extends IOException {
    private static final long serialVersionUID = 1L;

    private HeldException(Path directory, String holder) {
      super(
          "another daemon writes captures to "
              + directory
              + (holder.isEmpty() ? "" : ": process " + holder)
              + ": stop it, or set sluice.capture.directory to another directory");
    }
  }

  /**
   * Takes the lock, or fails at once. Creates the directory if it is missing.
   *
   * @throws HeldException if another process holds the lock; the message is one line
   * @throws IOException if the lock file cannot be opened
   */
  static CaptureLock take(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve(NAME);
    FileChannel channel = open(directory, file);
    try {
      if (!isLocked(channel, false)) {
        throw new HeldException(directory, holder(file));
      }
      channel.truncate(0);
      String pid = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
      return new CaptureLock(channel, directory, "");
    } catch (HeldException e) {
      channel.close();
      throw e;
    } catch (IOException e) {
      // The file system has no locks: assume that no other daemon uses the directory.
      return new CaptureLock(channel, directory, IoReason.of(e));
    }
  }

  /** Opens the lock file; replaces one that belongs to another user if its daemon is gone. */
  private static FileChannel open(Path directory, Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (AccessDeniedException e) {
      try (FileChannel reading = FileChannel.open(file, StandardOpenOption.READ)) {
        if (!isLocked(reading, true)) {
          throw new HeldException(directory, holder(file));
        }
        Files.delete(file);
      }
      return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
  }

  private static boolean isLocked(FileChannel channel, boolean isShared) throws IOException {
    try {
      FileLock lock = channel.tryLock(0, Long.MAX_VALUE, isShared);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // This process holds it, through another store.
    }
  }

  private static Path place(Path directory) {
    return directory.toAbsolutePath().normalize();
  }

  /** Returns whether a process holds the lock of a directory. */
  static boolean isHeld(Path directory) {
    if (OWN.contains(place(directory))) {
      return true;
    }
    try (FileChannel reading = FileChannel.open(directory.resolve(NAME), StandardOpenOption.READ)) {
      return !isLocked(reading, true);
    } catch (IOException e) {
      return false;
    }
  }

  private static String holder(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.US_ASCII).strip();
      return text.matches("[0-9]{1,10}") ? text : "";
    } catch (IOException e) {
      return "";
    }
  }

  /** Why the file system refuses locks; empty if it does not. */
  String refusal() {
    return refusal;
  }

  @Override
  public void close() throws IOException {
    OWN.remove(place);
    channel.close();
  }
}
