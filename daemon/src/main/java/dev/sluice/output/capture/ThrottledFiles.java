package dev.sluice.output.capture;

import dev.sluice.counters.ByteBudget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A file system whose segments take bytes no faster than at a given rate, all of them together: a
 * disk that is too slow. For diagnosis only. Everything but the writing of segments is as fast as
 * it is.
 */
final class ThrottledFiles implements CaptureFiles {
  // Small enough that one write waits for no longer than a real disk's would.
  private static final int PIECE_BYTES = 256 << 10;

  private final CaptureFiles files;
  private final LongSupplier clock;
  // Guarded by this: several captures may write.
  private final ByteBudget budget;

  /**
   * @param bytesPerSecond more than 0
   */
  ThrottledFiles(CaptureFiles files, long bytesPerSecond, LongSupplier clock) {
    this.files = files;
    this.clock = clock;
    this.budget = new ByteBudget(bytesPerSecond, clock.getAsLong());
  }

  private void await(int bytes) {
    for (long waitNs = tryToPass(bytes); waitNs > 0; waitNs = tryToPass(bytes)) {
      LockSupport.parkNanos(waitNs);
    }
  }

  /** 0 if so many bytes may go, else how long to wait before the next try. */
  private synchronized long tryToPass(int bytes) {
    if (budget.isOpen(clock.getAsLong())) {
      budget.spend(bytes);
      return 0;
    }
    return budget.waitNanos();
  }

  private final class Segment implements SegmentFile {
    private final SegmentFile file;

    Segment(SegmentFile file) {
      this.file = file;
    }

    @Override
    public void write(ByteBuffer from, long offset) throws IOException {
      int end = from.limit();
      int begin = from.position();
      for (int at = begin; at < end; at += PIECE_BYTES) {
        int bytes = Math.min(PIECE_BYTES, end - at);
        await(bytes);
        file.write(from.limit(at + bytes).position(at), offset + at - begin);
      }
    }

    @Override
    public void force() throws IOException {
      file.force();
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  @Override
  public void forceNames(Path directory) throws IOException {
    files.forceNames(directory);
  }

  @Override
  public SegmentFile create(Path file, boolean isDirect) throws IOException {
    return new Segment(files.create(file, isDirect));
  }

  @Override
  public SegmentFile reopen(Path file, boolean isDirect) throws IOException {
    return new Segment(files.reopen(file, isDirect));
  }

  @Override
  public long blockBytes(Path directory) throws IOException {
    return files.blockBytes(directory);
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    files.createDirectories(directory);
  }

  @Override
  public void replace(Path file, ByteBuffer content, boolean isForced) throws IOException {
    files.replace(file, content, isForced);
  }

  @Override
  public void linkOrCopy(Path from, Path to) throws IOException {
    files.linkOrCopy(from, to);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    files.move(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    files.delete(file);
  }

  @Override
  public boolean exists(Path file) {
    return files.exists(file);
  }

  @Override
  public void overwrite(Path file, ByteBuffer content) throws IOException {
    files.overwrite(file, content);
  }

  @Override
  public boolean isShared(Path file) throws IOException {
    return files.isShared(file);
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    return files.usableBytes(directory);
  }
}
