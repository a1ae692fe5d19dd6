package dev.sluice.output.capture;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A queue of bytes between one collector and the capture's writer: whole frames, in the form in
 * which they go to disk.
 *
 * <p>The memory is cut into chunks, and the collector always goes on in the chunk that the writer
 * emptied last. So as much memory is in use as the writer is behind, which is one or two chunks on
 * a good day: they stay in the caches of both sides, and the rest of the stage costs no page fault
 * before a burst needs it. A ring would visit all of its memory on every lap.
 *
 * <p>Assumptions: one producer thread and one consumer thread at a time; a change of thread is
 * ordered by something else. Guarantees: frames come out whole and in order; a frame lies in one
 * chunk, so what the consumer sees is one piece of memory, and it owns that piece until it calls
 * {@link #release}. Progress: both sides are wait-free. The positions count bytes since the start,
 * those that are skipped at the end of a chunk included, and never wrap; they are padded as in
 * {@code SpscRing}.
 */
final class CaptureStage {
  // Half of what a core's second-level cache holds on common servers, and few enough for one write.
  private static final int CHUNK_BYTES = 512 << 10;

  // What is left over at the end of a chunk is at most so much of it.
  private static final int FRAMES_PER_CHUNK = 4;

  // One that is filled and one that is emptied.
  private static final int MIN_CHUNKS = 2;

  // In place of a frame's magic: nothing more before the end of the chunk.
  private static final int SKIP = 0x50494B53;

  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PAD = 16;
  private static final int TAIL = PAD;
  private static final int HEAD = TAIL + PAD;
  private static final int TAIL_COPY = HEAD + PAD;

  private final long[] positions = new long[TAIL_COPY + PAD];
  // The same bytes; each side has a buffer of its own, whose position and limit it may move.
  private final ByteBuffer memory;
  private final ByteBuffer readMemory;
  private final int chunkBytes;

  // Which piece of memory stands for the n-th chunk of the queue, at n modulo the number of chunks.
  // Written by the producer before the tail that leads into the chunk; the consumer is done with an
  // element before the producer learns that from the head.
  private final int[] places;

  // The producer's alone: empty pieces of memory, the one that was emptied last on top.
  private final int[] empty;
  private int emptyCount;
  private long opened;
  private long reclaimed;
  private long claimed;

  /**
   * @param memory direct; used in whole chunks from its start. A claim of more than half of it
   *     never finds room: see {@link #leastBytes}
   * @param largestBytes the largest claim
   */
  CaptureStage(ByteBuffer memory, int largestBytes) {
    this.memory = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    this.readMemory = memory.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    long wanted = Math.max(CHUNK_BYTES, (long) FRAMES_PER_CHUNK * largestBytes);
    this.chunkBytes =
        (int) Math.min(wanted, memory.capacity() / MIN_CHUNKS) & -FrameHeader.ALIGNMENT;
    int chunks = memory.capacity() / chunkBytes;
    this.places = new int[chunks];
    this.empty = new int[chunks];
    while (emptyCount < chunks) {
      empty[emptyCount] = (chunks - 1 - emptyCount) * chunkBytes;
      emptyCount++;
    }
  }

  /** How much memory a stage needs for claims up to {@code largestBytes}. */
  static long leastBytes(int largestBytes) {
    return (long) MIN_CHUNKS * largestBytes;
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
    return places.length * chunkBytes;
  }

  /**
   * Finds room for frames of so many bytes, a multiple of 64. Nothing is visible to the consumer
   * before {@link #commit}; a second claim replaces the first. Producer only.
   *
   * @return where to write in {@link #memory}, or -1 if there is no room now
   */
  int claim(int bytes) {
    long tail = positions[TAIL];
    long chunk = tail / chunkBytes;
    int offset = (int) (tail % chunkBytes);
    if (offset + bytes > chunkBytes) {
      memory.putInt(place(chunk) + offset, SKIP);
      chunk++;
      offset = 0;
    }
    if (chunk == opened && !open()) {
      return -1;
    }
    claimed = chunk * chunkBytes + offset;
    return place(chunk) + offset;
  }

  /** Gives the next chunk of the queue its memory. */
  private boolean open() {
    for (long done = released() / chunkBytes; reclaimed < done; reclaimed++) {
      empty[emptyCount++] = place(reclaimed);
    }
    if (emptyCount == 0) {
      return false;
    }
    places[(int) (opened % places.length)] = empty[--emptyCount];
    opened++;
    return true;
  }

  private int place(long chunk) {
    return places[(int) (chunk % places.length)];
  }

  /**
   * Hands the first so many of the claimed bytes to the consumer. Producer only.
   *
   * @param bytes a multiple of 64
   */
  void commit(int bytes) {
    ELEMENT.setRelease(positions, TAIL, claimed + bytes);
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
    int left = chunkBytes - (int) (head % chunkBytes);
    if (readMemory.getInt(readIndex()) == SKIP) {
      ELEMENT.setRelease(positions, HEAD, head + left);
      return readable();
    }
    return (int) Math.min(positions[TAIL_COPY] - head, left);
  }

  /**
   * Where the oldest frame starts in {@link #readMemory}; only after {@link #readable} has found
   * some. Consumer only.
   */
  int readIndex() {
    long head = positions[HEAD];
    return place(head / chunkBytes) + (int) (head % chunkBytes);
  }

  /** Whether a frame starts here; otherwise the queue goes on in another chunk. Consumer only. */
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
