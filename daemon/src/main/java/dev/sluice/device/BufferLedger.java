package dev.sluice.device;

/**
 * Owner of each buffer, and the pool to which it was lent.
 *
 * <p>Assumptions: a buffer has one owner at a time; only the owner changes the state, except that
 * the drain claims what the device publishes. Guarantees: a claim succeeds once per loan, whatever
 * the device writes and however many drains read it, because it is a compare-and-set on the state;
 * the states always sum to the number of buffers, because a state is replaced, never added.
 * Progress: wait-free.
 *
 * <p>The state's release and acquire also publish {@code pool} and {@code pushIndex}, which refill
 * writes before the loan and the drain reads after the device has published. The device's own
 * acquire and release lie between; the ledger's order does not depend on a correct device.
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

  /** Uses the rows as they are. */
  BufferLedger(BufferRows rows) {
    this.rows = rows;
  }

  BufferRows rows() {
    return rows;
  }

  public int bufferCount() {
    return rows.count();
  }

  /** Returns the current state of a buffer. Any thread. */
  public BufferState state(int buffer) {
    return BufferState.ALL.get(rows.getAcquire(buffer, BufferRows.STATE));
  }

  /** Returns the pool to which a buffer was last lent, -1 if never. Valid for its owner only. */
  public int poolOf(int buffer) {
    return rows.getInt(buffer, BufferRows.POOL);
  }

  /**
   * Records a loan, before the slot's tail is published. Refill only.
   *
   * @param pushIndex free-running index of the slot
   */
  public void lend(int buffer, int pool, int pushIndex) {
    rows.putInt(buffer, BufferRows.POOL, pool);
    rows.putInt(buffer, BufferRows.PUSH_INDEX, pushIndex);
    rows.putInt(buffer, BufferRows.QUEUE, BufferRows.UNDESCRIBED);
    rows.setRelease(buffer, BufferRows.STATE, FREE_QUEUE);
  }

  /**
   * Records that the device has popped a buffer from its slot; no effect if the drain has already
   * claimed it. Refill only.
   */
  public void popped(int buffer) {
    rows.compareAndSet(buffer, BufferRows.STATE, FREE_QUEUE, DEVICE);
  }

  /**
   * Whether the device can hold this buffer now: popped, not just in a slot.
   *
   * @param freeHead the pool's free-queue head, read after the entry
   */
  public boolean isWithDevice(int buffer, int freeHead) {
    int state = rows.getAcquire(buffer, BufferRows.STATE);
    return state == DEVICE
        || (state == FREE_QUEUE && freeHead - rows.getInt(buffer, BufferRows.PUSH_INDEX) > 0);
  }

  /**
   * Claims a published buffer; the caller has checked {@link #isWithDevice}. Drain only.
   *
   * @return false if another drain has claimed it: the entry is a duplicate
   */
  public boolean claim(int buffer) {
    // The order matters: refill may record the pop between the two attempts.
    return rows.compareAndSet(buffer, BufferRows.STATE, FREE_QUEUE, READY)
        || rows.compareAndSet(buffer, BufferRows.STATE, DEVICE, READY);
  }

  /** Records that a collector has opened the buffer. */
  public void collecting(int buffer) {
    rows.setRelease(buffer, BufferRows.STATE, BufferState.COLLECTING.ordinal());
  }

  /** Records that the buffer is empty and back in host hands. */
  public void free(int buffer) {
    rows.setRelease(buffer, BufferRows.STATE, FREE);
  }

  /** Takes a buffer that the device still holds out of use, at the end of a run. */
  public void retire(int buffer) {
    rows.setRelease(buffer, BufferRows.STATE, BufferState.RETIRED.ordinal());
  }

  /**
   * Counts the buffers {@code [first, first + count)} by state. The sum is always {@code count};
   * while agents run, the single counts may be from slightly different moments. Any thread.
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
