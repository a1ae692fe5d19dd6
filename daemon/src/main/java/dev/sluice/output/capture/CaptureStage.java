package dev.sluice.output.capture;

import java.io.IOException;
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

  /** Bytes in front of the ring, in memory that holds both. */
  static final int HEADER_BYTES = 4096;

  /** "SLSTAGE" and the version of this header and the frames behind it, as bytes. */
  static final long MAGIC = 0x0145_4741_5453_4C53L;

  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  // Written by the producer: end of what is committed, and what it last knew of the head.
  private static final int TAIL = 128;
  private static final int HEAD_COPY = TAIL + 8;

  // Written by the consumer: what it released, what it took, and what it last knew of the tail.
  private static final int HEAD = 256;
  private static final int TAKEN = HEAD + 8;
  private static final int TAIL_COPY = HEAD + 16;

  // Written by the session's owner: the run that began last, and what every place means.
  private static final int RUN = 384;
  private static final int RUN_EPOCH = RUN + 8;
  private static final int RUN_AT = RUN + 16;
  private static final int RUN_OF_PLACE = RUN + 24;

  // Written by the consumer: the last run whose frame is on disk.
  private static final int RUN_NOTED = 512;

  // Replaced when the memory goes; readers then get the last positions.
  private ByteBuffer positions;
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
    this(ByteBuffer.allocateDirect(HEADER_BYTES), memory, largestBytes);
  }

  /** In memory that outlives this process: a header, then the ring. Empty. */
  static CaptureStage begun(ByteBuffer memory, int largestBytes) {
    CaptureStage stage = of(memory, largestBytes);
    for (int at = 0; at < HEADER_BYTES; at += Long.BYTES) {
      stage.positions.putLong(at, 0);
    }
    stage.positions.putLong(0, MAGIC);
    return stage;
  }

  /**
   * In such memory, as another process left it.
   *
   * @param tail end of what is committed for certain
   * @throws IOException one line, if its positions are impossible
   */
  static CaptureStage resumed(ByteBuffer memory, int largestBytes, long tail) throws IOException {
    CaptureStage stage = of(memory, largestBytes);
    long head = stage.positions.getLong(HEAD);
    if (stage.positions.getLong(0) != MAGIC
        || head < 0
        || tail < head
        || tail - head > stage.capacity
        || ((tail | head) & (FrameHeader.ALIGNMENT - 1)) != 0) {
      throw new IOException("capture stage refused: from " + head + " to " + tail);
    }
    stage.positions.putLong(TAIL, tail);
    stage.positions.putLong(HEAD_COPY, head);
    stage.positions.putLong(TAKEN, head);
    stage.positions.putLong(TAIL_COPY, head);
    return stage;
  }

  private static CaptureStage of(ByteBuffer memory, int largestBytes) {
    return new CaptureStage(
        memory.slice(0, HEADER_BYTES),
        memory.slice(HEADER_BYTES, memory.capacity() - HEADER_BYTES),
        largestBytes);
  }

  private CaptureStage(ByteBuffer header, ByteBuffer memory, int largestBytes) {
    this.positions = header.alignedSlice(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
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
    long tail = positions.getLong(TAIL);
    int offset = (int) (tail % capacity);
    int skipped = offset + bytes > capacity ? capacity - offset : 0;
    long end = tail + skipped + bytes;
    if (end - positions.getLong(HEAD_COPY) > capacity) {
      positions.putLong(HEAD_COPY, acquire(HEAD));
      if (end - positions.getLong(HEAD_COPY) > capacity) {
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
    LONG.setRelease(positions, TAIL, claimedFrom + bytes);
  }

  /**
   * How many bytes that were not taken lie in one piece from {@link #readIndex} on: whole frames,
   * up to the first place that {@link #isFrame} denies. Consumer only.
   */
  int readable() {
    long taken = positions.getLong(TAKEN);
    if (taken == positions.getLong(TAIL_COPY)) {
      positions.putLong(TAIL_COPY, acquire(TAIL));
      if (taken == positions.getLong(TAIL_COPY)) {
        return 0;
      }
    }
    int offset = (int) (taken % capacity);
    if (readMemory.getInt(offset) == SKIP) {
      take(capacity - offset);
      offset = 0;
    }
    return (int)
        Math.min(positions.getLong(TAIL_COPY) - positions.getLong(TAKEN), capacity - offset);
  }

  /**
   * Where the oldest frame that was not taken starts in {@link #readMemory}; only after {@link
   * #readable} has found some. Consumer only.
   */
  int readIndex() {
    return (int) (positions.getLong(TAKEN) % capacity);
  }

  /** Whether a frame starts here; otherwise the ring continues at its start. Consumer only. */
  boolean isFrame(int at) {
    return readMemory.getInt(at) == FrameHeader.MAGIC;
  }

  /** Skips so many bytes, which stay the consumer's. Consumer only. */
  void take(int bytes) {
    LONG.setRelease(positions, TAKEN, positions.getLong(TAKEN) + bytes);
  }

  /** Goes back to the oldest byte that was not released. Consumer only. */
  void untake() {
    LONG.setRelease(positions, TAKEN, positions.getLong(HEAD));
  }

  /** Gives all that was taken back to the producer. Consumer only. */
  void releaseTaken() {
    LONG.setRelease(positions, HEAD, positions.getLong(TAKEN));
  }

  /** Takes so many bytes and gives them back with all before them. Consumer only. */
  void release(int bytes) {
    take(bytes);
    releaseTaken();
  }

  /** Where the committed part would end after {@link #commit} of so many bytes. Producer only. */
  long tailAfter(int bytes) {
    return claimedFrom + bytes;
  }

  /** The memory is about to be another's. No producer is left. Consumer only. */
  void leave() {
    ByteBuffer last = ByteBuffer.allocateDirect(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    last.put(0, positions, 0, positions.capacity());
    positions = last;
  }

  private long acquire(int position) {
    return (long) LONG.getAcquire(positions, position);
  }

  /** A run begins behind what is committed now. The session's owner, between two runs of it. */
  void beginRun(int place, int run, long epoch) {
    positions.putLong(RUN_OF_PLACE + place * Long.BYTES, run);
    positions.putLong(RUN_EPOCH, epoch);
    positions.putLong(RUN_AT, committed());
    LONG.setRelease(positions, RUN, (long) run);
  }

  /** The run that began last; 0 if none did. */
  int run() {
    return (int) positions.getLong(RUN);
  }

  /** The epoch that its beginning named. */
  long runEpoch() {
    return positions.getLong(RUN_EPOCH);
  }

  /** Where it began. */
  long runAt() {
    return positions.getLong(RUN_AT);
  }

  /** The run that began at a place last; 0 if none did. */
  int runOfPlace(int place) {
    return (int) positions.getLong(RUN_OF_PLACE + place * Long.BYTES);
  }

  /** The frame of a run is on disk. Consumer only. */
  void noteRun(int run) {
    LONG.setRelease(positions, RUN_NOTED, (long) run);
  }

  /** The last run whose frame is on disk. */
  int notedRun() {
    return (int) positions.getLong(RUN_NOTED);
  }

  /** What the producer has committed so far. Any thread. */
  long committed() {
    return acquire(TAIL);
  }

  /** What the consumer has taken so far. Any thread. */
  long taken() {
    return acquire(TAKEN);
  }

  /** What the consumer has released so far. Any thread. */
  long released() {
    return acquire(HEAD);
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
