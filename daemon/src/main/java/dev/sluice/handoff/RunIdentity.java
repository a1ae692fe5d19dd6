package dev.sluice.handoff;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Which run of the device the buffers belong to. The client may have told it; otherwise the first
 * buffer that names one does. Any thread.
 */
public final class RunIdentity {
  private static final long UNKNOWN = 0;

  private final AtomicLong epoch = new AtomicLong(UNKNOWN);

  /** Whether a buffer with this epoch is of the run; 0 says nothing and is. */
  public boolean includes(long epochUntrusted) {
    long known = epoch.get();
    if (known == epochUntrusted || epochUntrusted == UNKNOWN) {
      return true;
    }
    return known == UNKNOWN
        && (epoch.compareAndSet(UNKNOWN, epochUntrusted) || epoch.get() == epochUntrusted);
  }

  /** The epoch of the run; 0 if it is not known. */
  public long epoch() {
    return epoch.get();
  }
}
