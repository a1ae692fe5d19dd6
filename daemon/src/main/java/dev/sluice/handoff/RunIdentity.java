package dev.sluice.handoff;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which run of the device the buffers belong to. The client may have told it; otherwise the first
 * buffer that names one does. Any thread.
 */
public final class RunIdentity {
  private static final long UNKNOWN = 0;

  private static final VarHandle EPOCH;

  static {
    try {
      EPOCH = MethodHandles.lookup().findVarHandle(RunIdentity.class, "epoch", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long epoch = UNKNOWN;

  /** Whether a buffer with this epoch is of the run; 0 says nothing and is. */
  public boolean includes(long epochUntrusted) {
    long known = epoch;
    if (known == epochUntrusted || epochUntrusted == UNKNOWN) {
      return true;
    }
    return known == UNKNOWN
        && (EPOCH.compareAndSet(this, UNKNOWN, epochUntrusted) || epoch == epochUntrusted);
  }

  /** The epoch of the run; 0 if it is not known. */
  public long epoch() {
    return epoch;
  }
}
