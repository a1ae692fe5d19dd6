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
 * The right to remove and reuse files of a capture directory, which one daemon has: a second one
 * would take the first one's captures for ended ones. The kernel drops the lock with the process;
 * the lock file stays, since removing it would open a race. Readers need no lock.
 */
final class CaptureLock implements AutoCloseable {
  static final String NAME = ".lock";

  // Closing any channel of the file drops this process's lock: a process must not ask for its own.
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

  /** Another process holds the lock. */
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
   * Takes the lock, or fails at once. Makes the directory if it is missing.
   *
   * @throws HeldException one line
   * @throws IOException the lock file cannot be opened
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
      // A file system without locks: as good as a directory of one daemon.
      return new CaptureLock(channel, directory, IoReason.of(e));
    }
  }

  /** The lock file of another user is replaced once its daemon is gone. */
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
      return false; // This process has it, through another store.
    }
  }

  private static Path place(Path directory) {
    return directory.toAbsolutePath().normalize();
  }

  /** Whether a process has the lock of a directory. */
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

  /** Why the file system takes no locks; empty if it does. */
  String refusal() {
    return refusal;
  }

  @Override
  public void close() throws IOException {
    OWN.remove(place);
    channel.close();
  }
}
