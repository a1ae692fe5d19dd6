package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The real file system. */
final class DiskFiles implements CaptureFiles {
  // Loaded by name: javac of JDK 25 warns about this class, and the warning cannot be suppressed.
  private static final String OPTIONS = "com.sun.nio.file.ExtendedOpenOption";

  @Override
  public void createDirectories(Path directory) throws IOException {
    Files.createDirectories(directory);
  }

  @Override
  public void forceNames(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public SegmentFile create(Path file, boolean isDirect) throws IOException {
    return open(file, isDirect, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  @Override
  public SegmentFile reopen(Path file, boolean isDirect) throws IOException {
    return open(file, isDirect, StandardOpenOption.WRITE);
  }

  private static SegmentFile open(Path file, boolean isDirect, OpenOption... options)
      throws IOException {
    Set<OpenOption> all = new HashSet<>(List.of(options));
    if (isDirect) {
      all.add(direct());
    }
    try {
      return new ChannelFile(FileChannel.open(file, all));
    } catch (UnsupportedOperationException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static OpenOption direct() throws IOException {
    try {
      return (OpenOption) Class.forName(OPTIONS).getField("DIRECT").get(null);
    } catch (ReflectiveOperationException e) {
      throw new IOException("this Java has no " + OPTIONS + ".DIRECT", e);
    }
  }

  @Override
  public long blockBytes(Path directory) throws IOException {
    return Files.getFileStore(directory).getBlockSize();
  }

  @Override
  public void replace(Path file, ByteBuffer content, boolean isForced) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        channel.write(content);
      }
      if (isForced) {
        channel.force(true);
      }
    }
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void linkOrCopy(Path from, Path to) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (UnsupportedOperationException e) {
      Files.copy(from, to);
    }
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public boolean exists(Path file) {
    return Files.exists(file);
  }

  @Override
  public void overwrite(Path file, ByteBuffer content) throws IOException {
    try (SegmentFile channel = reopen(file, false)) {
      channel.write(content, 0);
      channel.truncate(content.limit());
    }
  }

  @Override
  public boolean isShared(Path file) throws IOException {
    return Files.getAttribute(file, "unix:nlink") instanceof Integer names && names > 1;
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  private record ChannelFile(FileChannel channel) implements SegmentFile {
    @Override
    public void write(ByteBuffer from, long offset) throws IOException {
      long at = offset;
      while (from.hasRemaining()) {
        at += channel.write(from, at);
      }
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
