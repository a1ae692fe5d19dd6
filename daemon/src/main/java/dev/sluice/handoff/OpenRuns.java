package dev.sluice.handoff;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The open runs of the device, by the epoch in their buffers. Runs overlap where the runtime
 * prepares the next ones while one is running; each has a place until it is closed. Any thread may
 * read; the session's owner opens and closes.
 *
 * <p>A client may not know the epoch of its run; the run then takes that of the first buffer with
 * one.
 */
public final class OpenRuns {
  /** Maximum number of open runs. */
  public static final int MAX = 3;

  /** Place of buffers that belong to no open run. */
  public static final int OTHER = MAX;

  private static final long NONE = 0;
  // Not an epoch of any device: those are small numbers, or random ones with the lowest bit set.
  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final VarHandle EPOCH =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ByteBuffer epochs;

  /** Creates a table with no open run, not backed by shared memory. */
  public OpenRuns() {
    this(ByteBuffer.allocateDirect((MAX + 1) * Long.BYTES).alignedSlice(Long.BYTES));
  }

  /**
   * Reads the open runs from memory.
   *
   * @param epochs direct, aligned, {@link #MAX} longs
   */
  public OpenRuns(ByteBuffer epochs) {
    this.epochs = epochs;
  }

  /** Closes all runs. */
  public void clear() {
    for (int place = 0; place < MAX; place++) {
      close(place);
    }
  }

  /**
   * Returns the place that another run would get.
   *
   * @param epoch 0 if unknown, which only the first run may be
   * @return {@link #OTHER} if it cannot be opened: too many runs are open, this one is, or it
   *     cannot be distinguished from another
   */
  public int placeFor(long epoch) {
    int free = OTHER;
    for (int place = MAX - 1; place >= 0; place--) {
      long other = (long) EPOCH.getAcquire(epochs, place * Long.BYTES);
      if (other == NONE) {
        free = place;
      } else if (other == epoch || epoch == NONE || other == UNKNOWN) {
        return OTHER;
      }
    }
    return free;
  }

  /** Opens a run and returns its place, like {@link #placeFor}. */
  public int open(long epoch) {
    int place = placeFor(epoch);
    if (place != OTHER) {
      EPOCH.setRelease(epochs, place * Long.BYTES, epoch == NONE ? UNKNOWN : epoch);
    }
    return place;
  }

  /** Closes the run at a place: buffers that still arrive belong to no open run. */
  public void close(int place) {
    EPOCH.setRelease(epochs, place * Long.BYTES, NONE);
  }

  /**
   * Returns the place of the run with a buffer's epoch; {@link #OTHER} if it is not open. A buffer
   * without an epoch belongs to the only open run.
   */
  public int placeOf(long epochUntrusted) {
    int first = OTHER;
    int open = 0;
    for (int place = MAX - 1; place >= 0; place--) {
      long epoch = (long) EPOCH.getAcquire(epochs, place * Long.BYTES);
      boolean isNamed = epochUntrusted != NONE && epochUntrusted != UNKNOWN;
      if (epoch == UNKNOWN && isNamed) {
        EPOCH.compareAndSet(epochs, place * Long.BYTES, UNKNOWN, epochUntrusted);
        epoch = (long) EPOCH.getAcquire(epochs, place * Long.BYTES);
      }
      if (epoch == epochUntrusted && isNamed) {
        return place;
      }
      if (epoch != NONE) {
        first = place;
        open++;
      }
    }
    return epochUntrusted == NONE && open == 1 ? first : OTHER;
  }

  /** Whether a run is open at a place. */
  public boolean isOpen(int place) {
    return (long) EPOCH.getAcquire(epochs, place * Long.BYTES) != NONE;
  }

  /** Returns the epoch of the run at a place; 0 if there is no run or its epoch is unknown. */
  public long epoch(int place) {
    long epoch = (long) EPOCH.getAcquire(epochs, place * Long.BYTES);
    return epoch == UNKNOWN ? NONE : epoch;
  }
}
