package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskProbeTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path folder;
  private final FaultyFiles files = new FaultyFiles();

  /** Advances one millisecond per reading, so each block takes that long. */
  private final AtomicLong clock = new AtomicLong();

  private DiskProbe probe(long nanos, long bytes) throws IOException {
    return DiskProbe.of(files, folder, nanos, bytes, () -> clock.addAndGet(1_000_000));
  }

  @AfterEach
  void shouldLeaveNothingBehind() throws IOException {
    try (var left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void shouldEndAfterItsTime() throws IOException {
    DiskProbe probe = probe(10_000_000, Long.MAX_VALUE);
    assertEquals(10, files.writes());
    assertEquals(1000.0 * MIB, probe.bytesPerSecond());
    assertEquals("", probe.refusal());
    assertEquals(10, files.directWrites());
  }

  @Test
  void shouldEndAfterItsBytes() throws IOException {
    probe(Long.MAX_VALUE, 5 * MIB);
    assertEquals(5, files.writes());
  }

  @Test
  void shouldSayWhyThereIsNoDirectIo() throws IOException {
    files.become(FaultyFiles.Disk.REFUSED_AT_WRITE);
    DiskProbe probe = probe(10_000_000, Long.MAX_VALUE);
    assertEquals("Invalid argument", probe.refusal());
    assertEquals(1000.0 * MIB, probe.bytesPerSecond());
  }

  @Test
  void shouldRemoveItsFileFromADiskThatFails() {
    files.failAfter(3, new IOException("Input/output error"));
    assertThrows(IOException.class, () -> probe(10_000_000, Long.MAX_VALUE));
  }
}
