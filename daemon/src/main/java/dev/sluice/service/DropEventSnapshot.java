package dev.sluice.service;

import java.time.Instant;

/**
 * Records that a device dropped, as noticed by the janitor, with the evidence for its inference.
 *
 * @param time when it was noticed: at most a janitor interval after the drop
 * @param kind one of {@link Labels#KINDS}
 * @param instance core, AICPU thread or 0, by kind
 * @param queue ready queue of the AICPU thread that serves the pool; -1 if the device has not
 *     published it
 * @param cause one of {@link Labels#DROP_CAUSES}, inferred
 * @param ceiling one of {@link Labels#CEILINGS}, the one implied by the cause, inferred
 * @param records dropped in this pool for this cause since the previous event
 * @param freeEntries in the pool's free queue when the drop was noticed
 * @param spareBuffers of the pool held by the host when refill last found the free queue empty
 * @param undrainedBuffers of the pool in ready queues at that time
 * @param collectingBuffers of the pool held by collectors at that time
 * @param readyEntries in all ready queues of the session when the drop was noticed
 * @param handoffEntries between drain and collectors when the drop was noticed
 * @param latenessSeconds how long the device had been waiting for a buffer when refill last found
 *     the free queue empty
 * @param pauseSeconds the longest recent pause of the drain
 */
public record DropEventSnapshot(
    Instant time,
    int device,
    int session,
    String kind,
    int instance,
    int queue,
    String cause,
    String ceiling,
    long records,
    long freeEntries,
    long spareBuffers,
    long undrainedBuffers,
    long collectingBuffers,
    long readyEntries,
    long handoffEntries,
    double latenessSeconds,
    double pauseSeconds) {}
