package dev.sluice.handoff;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Which runs of the device are open, by the epoch that their buffers name. Runs overlap where the
 * runtime prepares the next ones while one is at work; each has a place until it is closed. Any
 * thread looks; the session's owner opens and closes.
 *
 * <p>The client may not have said which epoch a run has. Then it has the one of the first buffer
 * that names any.
 */
public final class OpenRuns {
  /** More runs are never open at once. */
  public static final int MAX = 3;

  /** The place of buffers that belong to no open run. */
  public static final int OTHER = MAX;

  private static final long NONE = 0;
  // Not an epoch of any device: they are small numbers or random ones with the lowest bit set.
  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final VarHandle EPOCH =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ByteBuffer epochs;

  /** None is open; forgotten with this object. */
  public OpenRuns() {
    this(ByteBuffer.allocateDirect((MAX + 1) * Long.BYTES).alignedSlice(Long.BYTES));
  }

  /**
   * Those that the memory says are open.
   *
   * @param epochs direct, aligned, {@link #MAX} longs
   */
  public OpenRuns(ByteBuffer epochs) {
    this.epochs = epochs;
  }

  /** No run is open any more. */
  public void clear() {
    for (int place = 0; place < MAX; place++) {
      close(place);
    }
  }

  /**
   * Where another run would stand.
   *
   * @param epoch 0 if it is not known, which only the first run may have
   * @return {@link #OTHER} if it cannot be opened: too many are, this one is, or nothing tells it
   *     from another
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

  /** Opens a run, and returns its place as {@link #placeFor} does. */
  public int open(long epoch) {
    int place = placeFor(epoch);
    if (place != OTHER) {
      EPOCH.setRelease(epochs, place * Long.BYTES, epoch == NONE ? UNKNOWN : epoch);
    }
    return place;
  }

  /** The run at a place is over: what still comes of it belongs to no open run. */
  public void close(int place) {
    EPOCH.setRelease(epochs, place * Long.BYTES, NONE);
  }

  /**
   * The place of the run that a buffer names; {@link #OTHER} if it is not open. A buffer without a
   * name belongs to the only run there is.
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

  /** Whether a run is at a place. */
  public boolean isOpen(int place) {
    return (long) EPOCH.getAcquire(epochs, place * Long.BYTES) != NONE;
  }

  /** The epoch of the run at a place; 0 if no run is there, or its epoch is unknown. */
  public long epoch(int place) {
    long epoch = (long) EPOCH.getAcquire(epochs, place * Long.BYTES);
    return epoch == UNKNOWN ? NONE : epoch;
  }
}
