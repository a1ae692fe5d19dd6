package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Result of a disk test that writes a temporary file the way captures are written, and removes it.
 *
 * @param refusal why the file system refuses direct I/O; empty if it does not
 * @param bytesPerSecond write rate
 */
public record DiskProbe(String refusal, double bytesPerSecond) {
  private static final int BLOCK_BYTES = 1 << 20;

  /**
   * Tests a directory for {@code nanos} or {@code bytes}, whichever ends first, in whole blocks.
   */
  public static DiskProbe of(Path directory, long nanos, long bytes) throws IOException {
    return of(new DiskFiles(), directory, nanos, bytes, System::nanoTime);
  }

  static DiskProbe of(
      CaptureFiles files, Path directory, long nanos, long bytes, LongSupplier clock)
      throws IOException {
    Path path = directory.resolve(".sluice-probe-" + ProcessHandle.current().pid() + ".tmp");
    DirectIo direct = new DirectIo(true);
    ByteBuffer content = ByteBuffer.allocateDirect(BLOCK_BYTES);
    try {
      BlockFile file =
          new BlockFile(files, direct, path, direct.create(files, path), BlockFile.allocate());
      try {
        long startedNs = clock.getAsLong();
        long tookNs;
        do {
          file.put(content, 0, BLOCK_BYTES);
          tookNs = clock.getAsLong() - startedNs;
        } while (tookNs < nanos && file.bytes() < bytes);
        return new DiskProbe(direct.refusal(), file.bytes() * 1e9 / Math.max(1, tookNs));
      } finally {
        file.close();
      }
    } finally {
      Files.deleteIfExists(path);
    }
  }
}
