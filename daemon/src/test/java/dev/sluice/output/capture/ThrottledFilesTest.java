package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThrottledFilesTest {
  private static final int BYTES = 1 << 20;

  @TempDir private Path folder;

  /** Each look moves it by a millisecond, so that nothing depends on how fast this machine is. */
  private final AtomicLong clock = new AtomicLong();

  @Test
  void shouldWriteEverythingInItsPlaceAndTakeTheTimeItsRateSays() throws IOException {
    CaptureFiles files =
        new ThrottledFiles(new DiskFiles(), 10L * BYTES, () -> clock.addAndGet(1_000_000));
    byte[] content = new byte[BYTES];
    for (int i = 0; i < BYTES; i++) {
      content[i] = (byte) ((i * 31) >>> 3);
    }
    Path file = folder.resolve("segment");
    try (CaptureFiles.SegmentFile segment = files.create(file, false)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES + 16);
      buffer.position(16);
      buffer.put(content).flip().position(16);
      segment.write(buffer, 0);
      assertEquals(buffer.limit(), buffer.position(), "as the real one leaves it");
      segment.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), BYTES);
      segment.truncate(BYTES + 1);
      assertEquals(BYTES + 1, segment.size());
    }
    byte[] read = Files.readAllBytes(file);
    assertEquals(1, read[BYTES]);
    assertArrayEquals(content, Arrays.copyOf(read, BYTES));
    long tookMs = clock.get() / 1_000_000;
    assertTrue(tookMs >= 90 && tookMs < 130, tookMs + " ms for a tenth of a second's bytes");
  }
}
