package dev.sluice.device;

/**
 * Whose each buffer is, and to which pool it was lent.
 *
 * <p>Assumptions: a buffer has one owner at a time; only the owner moves it on, except that the
 * drain claims what the device publishes. Guarantees: a claim succeeds once per loan, whatever the
 * device writes and however many drains look, because it is a compare-and-set on the state; the sum
 * over all states is the number of buffers at every moment, because a state is replaced, never
 * added. Progress: wait-free.
 *
 * <p>What rides on the state's release and acquire: {@code pool} and {@code pushIndex}, written by
 * refill before the loan, read by the drain after the device published. The device's own acquire
 * and release lie between; for a device that lies, the ledger's own do.
 */
public final class BufferLedger {
  private static final int FREE = BufferState.FREE.ordinal();
  private static final int FREE_QUEUE = BufferState.FREE_QUEUE.ordinal();
  private static final int DEVICE = BufferState.DEVICE.ordinal();
  private static final int READY = BufferState.READY.ordinal();

  private final BufferRows rows;

  public BufferLedger(int buffers) {
    this(BufferRows.of(buffers));
    rows.clear();
  }

  /** On rows as they are. */
  BufferLedger(BufferRows rows) {
    this.rows = rows;
  }

  BufferRows rows() {
    return rows;
  }

  public int bufferCount() {
    return rows.count();
  }

  /** The state of a buffer now. Any thread. */
  public BufferState state(int buffer) {
    return BufferState.ALL.get(rows.getAcquire(buffer, BufferRows.STATE));
  }

  /** The pool to which a buffer was last lent, -1 if never. Meaningful to its owner. */
  public int poolOf(int buffer) {
    return rows.getInt(buffer, BufferRows.POOL);
  }

  /**
   * Notes a loan, before the slot's tail is published. Refill only.
   *
   * @param pushIndex the free-running index of the slot
   */
  public void lend(int buffer, int pool, int pushIndex) {
    rows.putInt(buffer, BufferRows.POOL, pool);
    rows.putInt(buffer, BufferRows.PUSH_INDEX, pushIndex);
    rows.putInt(buffer, BufferRows.QUEUE, BufferRows.UNDESCRIBED);
    rows.setRelease(buffer, BufferRows.STATE, FREE_QUEUE);
  }

  /**
   * Notes that the device has popped a buffer from its slot. Refill only. Does nothing if the drain
   * was faster and has already claimed it.
   */
  public void popped(int buffer) {
    rows.compareAndSet(buffer, BufferRows.STATE, FREE_QUEUE, DEVICE);
  }

  /**
   * Whether the device can hold this buffer now: popped, not merely lying in a slot.
   *
   * @param freeHead the pool's free-queue head, read after the entry
   */
  public boolean isWithDevice(int buffer, int freeHead) {
    int state = rows.getAcquire(buffer, BufferRows.STATE);
    return state == DEVICE
        || (state == FREE_QUEUE && freeHead - rows.getInt(buffer, BufferRows.PUSH_INDEX) > 0);
  }

  /**
   * Takes over what the device published; the caller has checked {@link #isWithDevice}. Drain only.
   *
   * @return false if another drain was faster: the entry is a repetition
   */
  public boolean claim(int buffer) {
    // In this order: refill may note the pop between the two attempts, and never the other way.
    return rows.compareAndSet(buffer, BufferRows.STATE, FREE_QUEUE, READY)
        || rows.compareAndSet(buffer, BufferRows.STATE, DEVICE, READY);
  }

  /** A collector has opened the buffer. */
  public void collecting(int buffer) {
    rows.setRelease(buffer, BufferRows.STATE, BufferState.COLLECTING.ordinal());
  }

  /** The buffer is empty and back in host hands. */
  public void free(int buffer) {
    rows.setRelease(buffer, BufferRows.STATE, FREE);
  }

  /** Takes a buffer that the device still holds out of use; for the end of a run. */
  public void retire(int buffer) {
    rows.setRelease(buffer, BufferRows.STATE, BufferState.RETIRED.ordinal());
  }

  /**
   * Counts the buffers {@code [first, first + count)} by state. The sum is always {@code count};
   * the single counts may be of slightly different moments while agents run. Any thread.
   *
   * @param into one element per {@link BufferState}, overwritten
   */
  public void count(int first, int count, int[] into) {
    java.util.Arrays.fill(into, 0);
    for (int buffer = first; buffer < first + count; buffer++) {
      into[rows.getAcquire(buffer, BufferRows.STATE)]++;
    }
  }
}
