package dev.sluice.headroom;

/**
 * The sizes of one pool, which do not change while a run lasts.
 *
 * @param recordBytes one record
 * @param recordsPerBuffer what a buffer holds
 * @param usableSlots free-queue slots that the host keeps filled
 * @param buffers all buffers of the pool
 * @param heldByDevice of those, how many the device has when nothing waits anywhere: the current
 *     one, and for AICore in later generations the stashed one
 */
public record PoolShape(
    int recordBytes, int recordsPerBuffer, int usableSlots, int buffers, int heldByDevice) {
  public PoolShape {
    if (recordBytes <= 0
        || recordsPerBuffer <= 0
        || usableSlots <= 0
        || heldByDevice <= 0
        || buffers <= heldByDevice) {
      throw new IllegalArgumentException(
          "impossible pool: %d bytes, %d records, %d slots, %d buffers, %d held"
              .formatted(recordBytes, recordsPerBuffer, usableSlots, buffers, heldByDevice));
    }
  }
}
