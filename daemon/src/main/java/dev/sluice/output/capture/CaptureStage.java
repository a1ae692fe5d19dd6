package dev.sluice.output.capture;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A ring of bytes between one collector and the capture's writer: whole frames, each in one piece.
 *
 * <p>The writer first takes frames, which it copies into a block, and releases them when that block
 * is on disk. So the stage holds everything that is not on disk yet, and a block that the disk
 * refused can be read again.
 *
 * <p>Assumptions: one producer thread and one consumer thread at a time; a change of thread is
 * ordered by something else. Guarantees: frames come out whole and in order, and the consumer owns
 * what it was shown until it calls {@link #release} or {@link #releaseTaken}. Progress: both sides
 * are wait-free. The positions count bytes since the start, those that are skipped at the end of
 * the ring included, and never wrap; they are padded as in {@code SpscRing}.
 */
final class CaptureStage {
  // In place of a frame's magic: the next frame is at the start of the ring.
  private static final int SKIP = 0x50494B53;

  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PAD = 16;

  // Written by the producer: end of what is committed, and what it last knew of the head.
  private static final int TAIL = PAD;
  private static final int HEAD_COPY = TAIL + 1;

  // Written by the consumer: what it released, what it took, and what it last knew of the tail.
  private static final int HEAD = TAIL + PAD;
  private static final int TAKEN = HEAD + 1;
  private static final int TAIL_COPY = HEAD + 2;

  private final long[] positions = new long[HEAD + PAD];
  // The same bytes; each side has a buffer of its own, whose position and limit it may move.
  private final ByteBuffer memory;
  private final ByteBuffer readMemory;
  private final int capacity;
  private final int largestBytes;
  // The producer's: where the claim starts.
  private long claimedFrom;

  /**
   * @param memory direct; a claim of more than half of it may never find room, see {@link
   *     #leastBytes}
   * @param largestBytes the largest claim
   */
  CaptureStage(ByteBuffer memory, int largestBytes) {
    this.largestBytes = largestBytes;
    this.memory = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    this.readMemory = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    this.capacity = memory.capacity() & -FrameHeader.ALIGNMENT;
  }

  /**
   * How much memory a stage needs for claims up to {@code largestBytes}: an empty one must take
   * such a claim wherever its head stands.
   */
  static long leastBytes(int largestBytes) {
    return 2L * largestBytes;
  }

  /** The memory as the producer sees it. Producer only. */
  ByteBuffer memory() {
    return memory;
  }

  /** The memory as the consumer sees it. Consumer only. */
  ByteBuffer readMemory() {
    return readMemory;
  }

  int capacity() {
    return capacity;
  }

  /**
   * Finds room for frames of up to so many bytes, a multiple of 64. Nothing is visible to the
   * consumer before {@link #commit}; a second claim replaces the first. Producer only.
   *
   * @return where to write in {@link #memory}, or -1 if there is no room now
   */
  int claim(int bytes) {
    long tail = positions[TAIL];
    int offset = (int) (tail % capacity);
    int skipped = offset + bytes > capacity ? capacity - offset : 0;
    long end = tail + skipped + bytes;
    if (end - positions[HEAD_COPY] > capacity) {
      positions[HEAD_COPY] = (long) ELEMENT.getAcquire(positions, HEAD);
      if (end - positions[HEAD_COPY] > capacity) {
        return -1;
      }
    }
    if (skipped > 0) {
      memory.putInt(offset, SKIP);
      offset = 0;
    }
    claimedFrom = tail + skipped;
    return offset;
  }

  /**
   * Hands the first bytes of the claim to the consumer; the rest stays free. Producer only.
   *
   * @param bytes a multiple of 64, no more than was claimed
   */
  void commit(int bytes) {
    ELEMENT.setRelease(positions, TAIL, claimedFrom + bytes);
  }

  /**
   * How many bytes that were not taken lie in one piece from {@link #readIndex} on: whole frames,
   * up to the first place that {@link #isFrame} denies. Consumer only.
   */
  int readable() {
    long taken = positions[TAKEN];
    if (taken == positions[TAIL_COPY]) {
      positions[TAIL_COPY] = (long) ELEMENT.getAcquire(positions, TAIL);
      if (taken == positions[TAIL_COPY]) {
        return 0;
      }
    }
    int offset = (int) (taken % capacity);
    if (readMemory.getInt(offset) == SKIP) {
      take(capacity - offset);
      offset = 0;
    }
    return (int) Math.min(positions[TAIL_COPY] - positions[TAKEN], capacity - offset);
  }

  /**
   * Where the oldest frame that was not taken starts in {@link #readMemory}; only after {@link
   * #readable} has found some. Consumer only.
   */
  int readIndex() {
    return (int) (positions[TAKEN] % capacity);
  }

  /** Whether a frame starts here; otherwise the ring goes on at its start. Consumer only. */
  boolean isFrame(int at) {
    return readMemory.getInt(at) == FrameHeader.MAGIC;
  }

  /** Goes on behind so many bytes, which stay the consumer's. Consumer only. */
  void take(int bytes) {
    ELEMENT.setRelease(positions, TAKEN, positions[TAKEN] + bytes);
  }

  /** Goes back to the oldest byte that was not released. Consumer only. */
  void untake() {
    ELEMENT.setRelease(positions, TAKEN, positions[HEAD]);
  }

  /** Gives all that was taken back to the producer. Consumer only. */
  void releaseTaken() {
    ELEMENT.setRelease(positions, HEAD, positions[TAKEN]);
  }

  /** Takes so many bytes and gives them back with all before them. Consumer only. */
  void release(int bytes) {
    take(bytes);
    releaseTaken();
  }

  /** What the producer has committed so far. Any thread. */
  long committed() {
    return (long) ELEMENT.getAcquire(positions, TAIL);
  }

  /** What the consumer has taken so far. Any thread. */
  long taken() {
    return (long) ELEMENT.getAcquire(positions, TAKEN);
  }

  /** What the consumer has released so far. Any thread. */
  long released() {
    return (long) ELEMENT.getAcquire(positions, HEAD);
  }

  /** Whether the largest claim may find no room. Any thread. */
  boolean isTight() {
    return used() > capacity - leastBytes(largestBytes);
  }

  /** Bytes between the two sides. Any thread. */
  long used() {
    long head = released();
    return committed() - head;
  }
}
