package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Seeds;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CaptureStageTest {
  private static final int KIB = 1 << 10;
  private static final int CHUNK = 512 * KIB;
  private static final int FRAME = 32 * KIB;

  private static CaptureStage stage(int bytes) {
    return new CaptureStage(ByteBuffer.allocateDirect(bytes), FRAME);
  }

  /** Where the frame went, or -1. */
  private static int put(CaptureStage stage, int bytes, int content) {
    int at = stage.claim(bytes);
    if (at >= 0) {
      stage.memory().putInt(at, FrameHeader.MAGIC);
      stage.memory().putInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET, bytes);
      stage.memory().putInt(at + bytes - Integer.BYTES, content);
      stage.commit(bytes);
    }
    return at;
  }

  /** Takes the oldest frame: its content, or -1 if there is none. */
  private static int take(CaptureStage stage) {
    if (stage.readable() == 0) {
      return -1;
    }
    int at = stage.readIndex();
    assertTrue(stage.isFrame(at));
    int bytes = stage.readMemory().getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET);
    int content = stage.readMemory().getInt(at + bytes - Integer.BYTES);
    stage.release(bytes);
    return content;
  }

  @Test
  @DisplayName("As long as the writer keeps up, two chunks of the memory are all that is touched")
  void staysWhereTheWriterHasJustBeen() {
    CaptureStage stage = stage(64 * CHUNK);

    int last = 0;
    for (int i = 0; i < 10_000; i++) {
      last = Math.max(last, put(stage, FRAME, i));
      assertEquals(i, take(stage));
    }

    assertTrue(last < 2 * CHUNK, () -> "a frame at " + stage.readIndex());
  }

  @Test
  @DisplayName("A writer that is behind finds as many frames as the whole memory holds")
  void usesAllOfItsMemory() {
    CaptureStage stage = stage(8 * CHUNK);

    int frames = 0;
    while (put(stage, FRAME, frames) >= 0) {
      frames++;
    }

    assertEquals(8 * CHUNK / FRAME, frames);
    assertEquals(stage.capacity(), stage.used());
    for (int i = 0; i < frames; i++) {
      assertEquals(i, take(stage));
    }
    assertEquals(-1, take(stage));
    assertEquals(0, stage.used());
  }

  @Test
  @DisplayName("A full stage has room again when the writer is through with one chunk")
  void givesRoomByTheChunk() {
    CaptureStage stage = stage(2 * CHUNK);
    int frames = 0;
    while (put(stage, FRAME, frames) >= 0) {
      frames++;
    }

    for (int i = 0; i < CHUNK / FRAME - 1; i++) {
      take(stage);
    }
    assertEquals(-1, put(stage, FRAME, frames));
    take(stage);
    assertTrue(put(stage, FRAME, frames) >= 0);
  }

  @Test
  @DisplayName("A frame that is claimed and not committed is not there")
  void showsOnlyWhatWasCommitted() {
    CaptureStage stage = stage(2 * CHUNK);
    stage.claim(FRAME);

    assertEquals(0, stage.readable());
    assertTrue(put(stage, FRAME, 7) >= 0);
    assertEquals(7, take(stage));
    assertEquals(-1, take(stage));
  }

  @Test
  @DisplayName("Large frames get chunks of a size that wastes little of them")
  void fitsItsChunksToItsFrames() {
    int large = 1 << 20;
    CaptureStage stage = new CaptureStage(ByteBuffer.allocateDirect(32 << 20), large);

    int frames = 0;
    while (put(stage, large, frames) >= 0) {
      frames++;
    }

    assertEquals(32, frames);
  }

  @Test
  @DisplayName("The smallest memory takes the largest claim, again and again")
  void worksWithTheLeastMemory() {
    CaptureStage stage =
        new CaptureStage(ByteBuffer.allocateDirect((int) CaptureStage.leastBytes(FRAME)), FRAME);

    for (int i = 0; i < 10; i++) {
      assertTrue(put(stage, FRAME, i) >= 0);
      assertEquals(i, take(stage));
      assertTrue(put(stage, 64, i) >= 0);
      assertEquals(i, take(stage));
    }
  }

  @Test
  @DisplayName("Whatever the sizes and the turns are, frames come out whole, once and in order")
  void keepsOrderAndContent() {
    Seeds.forEach(64, CaptureStageTest::putAndTake);
  }

  private static void putAndTake(Random random) {
    int largest = 64 * (1 + random.nextInt(64));
    int least = (int) CaptureStage.leastBytes(largest);
    CaptureStage stage =
        new CaptureStage(ByteBuffer.allocateDirect(least + 64 * random.nextInt(200)), largest);
    Deque<Integer> expected = new ArrayDeque<>();
    int next = 0;

    for (int step = 0; step < 5_000; step++) {
      if (random.nextBoolean()) {
        if (put(stage, 64 * (1 + random.nextInt(largest / 64)), next) >= 0) {
          expected.add(next++);
        } else {
          assertTrue(!expected.isEmpty(), "an empty stage has no room");
        }
      } else {
        int got = take(stage);
        assertEquals(expected.isEmpty() ? -1 : expected.poll(), got);
      }
      assertTrue(stage.used() >= 0 && stage.used() <= stage.capacity());
    }
  }
}
