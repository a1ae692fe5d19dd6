package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
  private static final int MEMORY = 1024 * KIB;
  private static final int FRAME = 32 * KIB;

  private static CaptureStage stage(int bytes) {
    return new CaptureStage(ByteBuffer.allocateDirect(bytes), FRAME);
  }

  /** Puts a frame; returns its offset or -1. */
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

  private static int peek(CaptureStage stage) {
    assertTrue(stage.readable() >= FRAME);
    return stage.readMemory().getInt(stage.readIndex() + FRAME - Integer.BYTES);
  }

  /** Takes the oldest frame; returns its content, or -1 if none. */
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
  @DisplayName("A writer that is behind finds as many frames as the whole memory holds")
  void usesAllOfItsMemory() {
    CaptureStage stage = stage(MEMORY);

    int frames = 0;
    while (put(stage, FRAME, frames) >= 0) {
      frames++;
    }

    assertEquals(MEMORY / FRAME, frames);
    assertEquals(stage.capacity(), stage.used());
    for (int i = 0; i < frames; i++) {
      assertEquals(i, take(stage));
    }
    assertEquals(-1, take(stage));
    assertEquals(0, stage.used());
  }

  @Test
  @DisplayName("A frame that is claimed and not committed is not there")
  void showsOnlyWhatWasCommitted() {
    CaptureStage stage = stage(MEMORY);
    stage.claim(FRAME);

    assertEquals(0, stage.readable());
    assertTrue(put(stage, FRAME, 7) >= 0);
    assertEquals(7, take(stage));
    assertEquals(-1, take(stage));
  }

  @Test
  @DisplayName("What is committed of a claim is there, and the rest is free again")
  void commitsLessThanWasClaimed() {
    CaptureStage stage = stage(MEMORY);
    for (int i = 0; i < 1000; i++) {
      int at = stage.claim(FRAME);
      stage.memory().putInt(at, FrameHeader.MAGIC);
      stage.commit(64);
      assertEquals(64, stage.readable());
      stage.release(64);
    }
    assertEquals(64_000, stage.committed());
    assertEquals(0, stage.used());
  }

  @Test
  @DisplayName("What is taken stays until it is released, and can be read again")
  void keepsWhatIsTaken() {
    CaptureStage stage = stage(2 * FRAME);
    put(stage, FRAME, 1);
    put(stage, FRAME, 2);
    assertEquals(1, peek(stage));
    stage.take(FRAME);
    assertEquals(2, peek(stage));
    stage.take(FRAME);
    assertEquals(0, stage.readable());
    assertEquals(-1, stage.claim(64), "nothing was released");
    assertEquals(2 * FRAME, stage.used());
    stage.untake();
    assertEquals(1, peek(stage));
    stage.take(FRAME);
    stage.releaseTaken();
    assertEquals(FRAME, stage.used());
    assertTrue(put(stage, FRAME, 3) >= 0);
    assertEquals(2, take(stage));
    assertEquals(3, take(stage));
  }

  @Test
  @DisplayName("A stage is tight when the largest claim may find no room")
  void saysWhenItIsTight() {
    CaptureStage stage = stage(3 * FRAME);
    assertFalse(stage.isTight());
    put(stage, FRAME, 1);
    assertFalse(stage.isTight());
    put(stage, 64, 2);
    assertTrue(stage.isTight());
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
    Deque<Integer> taken = new ArrayDeque<>();
    int next = 0;

    for (int step = 0; step < 5_000; step++) {
      if (random.nextBoolean()) {
        if (put(stage, 64 * (1 + random.nextInt(largest / 64)), next) >= 0) {
          expected.add(next++);
        } else {
          assertTrue(expected.size() + taken.size() > 0, "an empty stage has no room");
        }
      } else if (stage.readable() > 0) {
        int at = stage.readIndex();
        assertTrue(stage.isFrame(at));
        int bytes = stage.readMemory().getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET);
        int content = expected.poll();
        assertEquals(content, stage.readMemory().getInt(at + bytes - Integer.BYTES));
        stage.take(bytes);
        taken.add(content);
      } else {
        assertEquals(0, expected.size());
      }
      switch (random.nextInt(16)) {
        case 0 -> {
          stage.releaseTaken();
          taken.clear();
        }
        case 1 -> {
          stage.untake();
          while (!taken.isEmpty()) {
            expected.addFirst(taken.pollLast());
          }
        }
        default -> {}
      }
      assertTrue(stage.used() >= 0 && stage.used() <= stage.capacity());
    }
  }
}
