package dev.sluice.handoff;

/**
 * Opens and ends leases. Implemented by the arena, so that a collector never sees the ledger.
 *
 * <p>Threads: only the collector that took a number from its handoff ring may open it, and only
 * that collector may release it, once.
 */
public interface LeaseTable {
  /**
   * Points {@code lease} at the buffer with this number; the buffer is now being collected.
   *
   * @return false if its content is no longer available because the device has failed: the lease is
   *     invalid and must not be released
   */
  boolean open(int number, Lease lease);

  /**
   * Resets the buffer for its next loan and puts it into the return ring.
   *
   * @return false if the return ring is full: nothing has changed, retry later
   */
  boolean release(Lease lease);
}
