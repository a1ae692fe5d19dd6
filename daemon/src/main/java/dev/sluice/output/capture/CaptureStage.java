package dev.sluice.output.capture;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Byte ring between one collector and the capture's writer. It holds whole frames, each contiguous.
 *
 * <p>The writer takes frames by copying them into a block, and releases them once the block is on
 * disk. The stage thus holds everything that is not on disk yet, and a block that the disk refused
 * can be read again.
 *
 * <p>Assumptions: one producer and one consumer thread at a time; handing a role to another thread
 * is ordered externally. Guarantees: frames come out whole and in order, and the consumer owns what
 * it has read until it calls {@link #release} or {@link #releaseTaken}. Progress: both sides are
 * wait-free. Positions count bytes since the start, including those skipped at the end of the ring,
 * and never wrap; they are padded as in {@code SpscRing}.
 */
final class CaptureStage {
  // Replaces a frame's magic if the next frame is at the start of the ring.
  private static final int SKIP = 0x50494B53;

  /** Bytes before the ring, in memory that holds both. */
  static final int HEADER_BYTES = 4096;

  /** "SLSTAGE" as bytes, then the version of this header and of the frames after it. */
  static final long MAGIC = 0x0145_4741_5453_4C53L;

  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  // Written by the producer: end of the committed bytes, and its cached head.
  private static final int TAIL = 128;
  private static final int HEAD_COPY = TAIL + 8;

  // Written by the consumer: released and taken positions, and its cached tail.
  private static final int HEAD = 256;
  private static final int TAKEN = HEAD + 8;
  private static final int TAIL_COPY = HEAD + 16;

  // Written by the session's owner: the latest run, and the run in each slot.
  private static final int RUN = 384;
  private static final int RUN_EPOCH = RUN + 8;
  private static final int RUN_AT = RUN + 16;
  private static final int RUN_OF_PLACE = RUN + 24;

  // Written by the consumer: the latest run whose frame is on disk.
  private static final int RUN_NOTED = 512;

  // Replaced by a copy in leave(), so that the last positions stay readable.
  private ByteBuffer positions;
  // Views of the same bytes, so that each side can move its own position and limit.
  private final ByteBuffer memory;
  private final ByteBuffer readMemory;
  private final int capacity;
  private final int largestBytes;
  // Producer only: start of the claim.
  private long claimedFrom;

  /**
   * @param memory direct; a claim of more than half of it may never find room, see {@link
   *     #leastBytes}
   * @param largestBytes size of the largest claim
   */
  CaptureStage(ByteBuffer memory, int largestBytes) {
    this(ByteBuffer.allocateDirect(HEADER_BYTES), memory, largestBytes);
  }

  /** Creates an empty stage in memory that outlives this process: a header, then the ring. */
  static CaptureStage begun(ByteBuffer memory, int largestBytes) {
    CaptureStage stage = of(memory, largestBytes);
    for (int at = 0; at < HEADER_BYTES; at += Long.BYTES) {
      stage.positions.putLong(at, 0);
    }
    stage.positions.putLong(0, MAGIC);
    return stage;
  }

  /**
   * Opens a stage in such memory, as another process left it.
   *
   * @param tail end of the bytes that are known to be committed
   * @throws IOException if its positions are impossible; the message is one line
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
   * Returns the memory that a stage needs for claims of up to {@code largestBytes}: an empty stage
   * must take such a claim at any position of its head.
   */
  static long leastBytes(int largestBytes) {
    return 2L * largestBytes;
  }

  /** The producer's view of the memory. Producer only. */
  ByteBuffer memory() {
    return memory;
  }

  /** The consumer's view of the memory. Consumer only. */
  ByteBuffer readMemory() {
    return readMemory;
  }

  int capacity() {
    return capacity;
  }

  /**
   * Claims room for frames of up to {@code bytes}, a multiple of 64. Nothing is visible to the
   * consumer before {@link #commit}; a second claim replaces the first. Producer only.
   *
   * @return offset to write at in {@link #memory}, or -1 if there is no room now
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
   * @param bytes a multiple of 64, at most the size of the claim
   */
  void commit(int bytes) {
    LONG.setRelease(positions, TAIL, claimedFrom + bytes);
  }

  /**
   * Returns how many untaken bytes are contiguous from {@link #readIndex}: whole frames up to the
   * first offset where {@link #isFrame} is false. Consumer only.
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
   * Offset of the oldest untaken frame in {@link #readMemory}; valid only after {@link #readable}
   * returned more than 0. Consumer only.
   */
  int readIndex() {
    return (int) (positions.getLong(TAKEN) % capacity);
  }

  /** Returns whether a frame starts here; if not, the ring wraps to its start. Consumer only. */
  boolean isFrame(int at) {
    return readMemory.getInt(at) == FrameHeader.MAGIC;
  }

  /** Moves past {@code bytes}, which the consumer still owns. Consumer only. */
  void take(int bytes) {
    LONG.setRelease(positions, TAKEN, positions.getLong(TAKEN) + bytes);
  }

  /** Goes back to the oldest unreleased byte. Consumer only. */
  void untake() {
    LONG.setRelease(positions, TAKEN, positions.getLong(HEAD));
  }

  /** Returns all taken bytes to the producer. Consumer only. */
  void releaseTaken() {
    LONG.setRelease(positions, HEAD, positions.getLong(TAKEN));
  }

  /** Takes {@code bytes} and releases everything taken so far. Consumer only. */
  void release(int bytes) {
    take(bytes);
    releaseTaken();
  }

  /** Returns where the committed bytes would end after {@link #commit}. Producer only. */
  long tailAfter(int bytes) {
    return claimedFrom + bytes;
  }

  /** Detaches from the memory before it is reused. The producer must be gone. Consumer only. */
  void leave() {
    ByteBuffer last = ByteBuffer.allocateDirect(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    last.put(0, positions, 0, positions.capacity());
    positions = last;
  }

  private long acquire(int position) {
    return (long) LONG.getAcquire(positions, position);
  }

  /**
   * Records that a run begins after the bytes committed so far. Called by the session's owner while
   * no run uses the slot.
   */
  void beginRun(int place, int run, long epoch) {
    positions.putLong(RUN_OF_PLACE + place * Long.BYTES, run);
    positions.putLong(RUN_EPOCH, epoch);
    positions.putLong(RUN_AT, committed());
    LONG.setRelease(positions, RUN, (long) run);
  }

  /** The latest run; 0 if none. */
  int run() {
    return (int) positions.getLong(RUN);
  }

  /** Epoch of the latest run. */
  long runEpoch() {
    return positions.getLong(RUN_EPOCH);
  }

  /** Position at which the latest run began. */
  long runAt() {
    return positions.getLong(RUN_AT);
  }

  /** The latest run in a slot; 0 if none. */
  int runOfPlace(int place) {
    return (int) positions.getLong(RUN_OF_PLACE + place * Long.BYTES);
  }

  /** Records that the frame of a run is on disk. Consumer only. */
  void noteRun(int run) {
    LONG.setRelease(positions, RUN_NOTED, (long) run);
  }

  /** The latest run whose frame is on disk. */
  int notedRun() {
    return (int) positions.getLong(RUN_NOTED);
  }

  /** Position up to which the producer has committed. Any thread. */
  long committed() {
    return acquire(TAIL);
  }

  /** Position up to which the consumer has taken. Any thread. */
  long taken() {
    return acquire(TAKEN);
  }

  /** Position up to which the consumer has released. Any thread. */
  long released() {
    return acquire(HEAD);
  }

  /** Returns whether the largest claim may find no room. Any thread. */
  boolean isTight() {
    return used() > capacity - leastBytes(largestBytes);
  }

  /** Bytes between the two sides. Any thread. */
  long used() {
    long head = released();
    return committed() - head;
  }
}
