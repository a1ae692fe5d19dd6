package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.headroom.Ceiling;

/**
 * Records that one pool of a run dropped for one cause, and what the host saw of it.
 *
 * @param instance core or thread of the pool
 * @param queue ready queue of the pool; -1 if the device has not said which
 * @param ceiling which one the cause points to
 * @param latenessNanos for how long a published buffer had waited for its replacement
 * @param pauseNanos the longest pause of the drain lately
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

  /** Where buffers were at that moment: of the pool, and in the ready queues and handoff rings. */
  public record Queues(
      long freeEntries,
      long spareBuffers,
      long undrainedBuffers,
      long collectingBuffers,
      long readyEntries,
      long handoffEntries) {}
}
