package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.headroom.Ceiling;

/**
 * Records that one pool dropped for one cause, with the evidence the host has.
 *
 * @param instance core or thread of the pool
 * @param queue ready queue of the pool; -1 if not yet known from the device
 * @param ceiling the ceiling that the cause points to
 * @param latenessNanos how long a published buffer had waited for its replacement
 * @param pauseNanos longest recent pause of the drain
 */
public record DropEvent(
    long timeMillis,
    BufferKind kind,
    int instance,
    int queue,
    DropCause cause,
    Ceiling ceiling,
    long records,
    Queues queues,
    long latenessNanos,
    long pauseNanos) {

  /**
   * Where the buffers were at that moment: those of the pool, in the ready queues, in the handoff
   * rings.
   */
  public record Queues(
      long freeEntries,
      long spareBuffers,
      long undrainedBuffers,
      long collectingBuffers,
      long readyEntries,
      long handoffEntries) {}
}
