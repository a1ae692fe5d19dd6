package dev.sluice.handoff;

/**
 * Opens and ends leases. The arena implements it, so that a collector never sees the ledger.
 *
 * <p>Thread rule: only the collector that took a number from its handoff ring may open it, and only
 * it may release it, once.
 */
public interface LeaseTable {
  /**
   * Points {@code lease} at the buffer with this number; the buffer is now being collected.
   *
   * @return false if its content is no longer available: the device has failed, the lease says
   *     nothing and must not be released
   */
  boolean open(int number, Lease lease);

  /**
   * Makes the buffer fit to be lent again (count 0; records stay as they are) and puts it into the
   * return ring.
   *
   * @return false if the return ring is full: nothing happened, call again later
   */
  boolean release(Lease lease);
}
