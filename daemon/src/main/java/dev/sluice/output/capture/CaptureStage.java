package dev.sluice.output.capture;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A ring of bytes between one collector and the capture's writer: whole frames, in the form in
 * which they go to disk.
 *
 * <p>Assumptions: one producer thread and one consumer thread at a time; a change of thread is
 * ordered by something else. Guarantees: frames come out whole and in order; a frame never wraps,
 * so what the consumer sees is one piece of memory, and it owns that piece until it calls {@link
 * #release}. Progress: both sides are wait-free. The positions count bytes since the start and
 * never wrap; they are padded as in {@code SpscRing}.
 */
final class CaptureStage {
  // In place of a frame's magic: nothing more before the end of the ring.
  private static final int SKIP = 0x50494B53;

  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PAD = 16;
  private static final int TAIL = PAD;
  private static final int HEAD_COPY = TAIL + PAD;
  private static final int HEAD = HEAD_COPY + PAD;
  private static final int TAIL_COPY = HEAD + PAD;

  private final long[] positions = new long[TAIL_COPY + PAD];
  // The same bytes; each side has a buffer of its own, whose position and limit it may move.
  private final ByteBuffer memory;
  private final ByteBuffer readMemory;
  private final int capacity;
  private long claimed;

  /**
   * @param memory direct; its whole capacity is used, rounded down to whole cache lines
   */
  CaptureStage(ByteBuffer memory) {
    this.memory = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    this.readMemory = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    this.capacity = memory.capacity() & -FrameHeader.ALIGNMENT;
  }

  /** The ring's memory as the producer sees it. Producer only. */
  ByteBuffer memory() {
    return memory;
  }

  /** The ring's memory as the consumer sees it. Consumer only. */
  ByteBuffer readMemory() {
    return readMemory;
  }

  int capacity() {
    return capacity;
  }

  /**
   * Finds room for frames of so many bytes, a multiple of 64. Nothing is visible to the consumer
   * before {@link #commit}; a second claim replaces the first. Producer only.
   *
   * @return where to write in {@link #memory}, or -1 if there is no room now
   */
  int claim(int bytes) {
    long tail = positions[TAIL];
    int at = (int) (tail % capacity);
    int skipped = capacity - at < bytes ? capacity - at : 0;
    long end = tail + skipped + bytes;
    if (end - positions[HEAD_COPY] > capacity) {
      positions[HEAD_COPY] = (long) ELEMENT.getAcquire(positions, HEAD);
      if (end - positions[HEAD_COPY] > capacity) {
        return -1;
      }
    }
    claimed = end;
    if (skipped == 0) {
      return at;
    }
    memory.putInt(at, SKIP);
    return 0;
  }

  /** Hands the claimed bytes to the consumer. Producer only. */
  void commit() {
    ELEMENT.setRelease(positions, TAIL, claimed);
  }

  /**
   * How many bytes lie in one piece from {@link #readIndex} on: whole frames, up to the first place
   * that {@link #isFrame} denies. Consumer only.
   */
  int readable() {
    long head = positions[HEAD];
    if (head == positions[TAIL_COPY]) {
      positions[TAIL_COPY] = (long) ELEMENT.getAcquire(positions, TAIL);
    }
    if (head == positions[TAIL_COPY]) {
      return 0;
    }
    int at = (int) (head % capacity);
    if (readMemory.getInt(at) == SKIP) {
      ELEMENT.setRelease(positions, HEAD, head + capacity - at);
      return readable();
    }
    return (int) Math.min(positions[TAIL_COPY] - head, capacity - at);
  }

  /** Where the oldest frame starts in {@link #readMemory}. Consumer only. */
  int readIndex() {
    return (int) (positions[HEAD] % capacity);
  }

  /** Whether a frame starts here; otherwise the ring goes on at its beginning. Consumer only. */
  boolean isFrame(int at) {
    return readMemory.getInt(at) == FrameHeader.MAGIC;
  }

  /** Gives the oldest bytes back to the producer. Consumer only. */
  void release(int bytes) {
    ELEMENT.setRelease(positions, HEAD, positions[HEAD] + bytes);
  }

  /** What the producer has committed so far. Any thread. */
  long committed() {
    return (long) ELEMENT.getAcquire(positions, TAIL);
  }

  /** What the consumer has released so far. Any thread. */
  long released() {
    return (long) ELEMENT.getAcquire(positions, HEAD);
  }

  /** Bytes between the two sides. Any thread. */
  long used() {
    long head = released();
    return committed() - head;
  }
}
