package dev.sluice.headroom;

/**
 * Sizes of one pool, constant during a run.
 *
 * @param recordBytes size of one record
 * @param recordsPerBuffer capacity of a buffer
 * @param usableSlots free-queue slots that the host keeps filled
 * @param buffers all buffers of the pool
 * @param heldByDevice buffers with the device when none is queued: the current one, and the stashed
 *     one for AICore in later layouts
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
