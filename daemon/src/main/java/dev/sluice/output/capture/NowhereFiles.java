package dev.sluice.output.capture;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A file system that forgets. */
final class NowhereFiles implements CaptureFiles {
  private static final SegmentFile FILE =
      new SegmentFile() {
        @Override
        public void write(ByteBuffer from, long offset) {
          from.position(from.limit());
        }

        @Override
        public void force() {}

        @Override
        public void truncate(long size) {}

        @Override
        public long size() {
          return 0;
        }

        @Override
        public void close() {}
      };

  @Override
  public void createDirectories(Path directory) {}

  @Override
  public SegmentFile create(Path file) {
    return FILE;
  }

  @Override
  public SegmentFile reopen(Path file) {
    return FILE;
  }

  @Override
  public void replace(Path file, ByteBuffer content, boolean isForced) {}

  @Override
  public void forceNames(Path directory) {}

  @Override
  public void overwrite(Path file, ByteBuffer content) {}

  @Override
  public void linkOrCopy(Path from, Path to) {}

  @Override
  public void move(Path from, Path to) {}

  @Override
  public void delete(Path file) {}

  @Override
  public boolean exists(Path file) {
    return true;
  }

  @Override
  public boolean isShared(Path file) {
    return false;
  }

  @Override
  public long usableBytes(Path directory) {
    return Long.MAX_VALUE;
  }
}
