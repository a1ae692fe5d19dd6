package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.testkit.Seeds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockFileTest {
  private static final int BLOCK = 1 << 20;

  @TempDir private Path folder;
  private final FaultyFiles files = new FaultyFiles();
  private final ByteBuffer memory = BlockFile.allocate();

  private BlockFile open(Path path) throws IOException {
    DirectIo direct = new DirectIo(true);
    return new BlockFile(files, direct, path, direct.create(files, path), memory);
  }

  /** Stale memory could contain a complete frame of the same segment. */
  @Test
  void shouldPadWithZerosOnly() throws IOException {
    Path path = folder.resolve("file");
    byte[] ones = new byte[BLOCK + 64];
    Arrays.fill(ones, (byte) 0xFF);
    BlockFile file = open(path);
    file.put(ByteBuffer.wrap(ones), 0, ones.length);
    file.flush();
    assertEquals(ones.length, file.written());
    assertArrayEquals(Arrays.copyOf(ones, BLOCK + 4096), Files.readAllBytes(path));
    file.close();
  }

  @Test
  void shouldWriteNothingTwiceWhenThereIsNothingNew() throws IOException {
    BlockFile file = open(folder.resolve("file"));
    file.put(ByteBuffer.allocate(64), 0, 64);
    file.flush();
    file.flush();
    assertEquals(1, files.writes());
    file.close();
  }

  /**
   * Puts and flushes of any size on each kind of disk: the file is always a prefix, finally
   * complete.
   */
  @Test
  void shouldMakeOneStreamOfWhatIsPut() {
    for (FaultyFiles.Disk disk : FaultyFiles.Disk.values()) {
      files.become(disk);
      Seeds.forEach(8, random -> write(folder.resolve(disk + "-" + random.nextLong()), random));
    }
  }

  private void write(Path path, Random random) {
    byte[] all = new byte[(3 << 20) + 64 * random.nextInt(9999)];
    random.nextBytes(all);
    ByteBuffer content = ByteBuffer.wrap(all);
    try {
      BlockFile file = open(path);
      for (int at = 0; at < all.length; ) {
        int most = random.nextInt(8) == 0 ? 2 * BLOCK : 40_000;
        int bytes = Math.min(all.length - at, 64 * (1 + random.nextInt(most / 64)));
        file.put(content, at, bytes);
        at += bytes;
        if (random.nextInt(10) == 0) {
          file.flush();
          assertEquals(at, file.written());
        }
        int written = (int) file.written();
        byte[] onDisk = Files.readAllBytes(path);
        assertEquals(-1, Arrays.mismatch(all, 0, written, onDisk, 0, written));
      }
      file.flush();
      file.truncate(file.bytes());
      file.close();
      assertArrayEquals(all, Files.readAllBytes(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
