package dev.sluice.service;

import java.time.Instant;

/**
 * Records that a device dropped, as the janitor noticed it, with what it infers them from.
 *
 * @param time when it was noticed: at most a janitor interval after the drop
 * @param kind one of {@link Labels#KINDS}
 * @param instance core, AICPU thread or 0, by kind
 * @param queue the ready queue of the AICPU thread that serves the pool; -1 if the device has not
 *     said which
 * @param cause one of {@link Labels#DROP_CAUSES}, inferred
 * @param ceiling one of {@link Labels#CEILINGS}, the one that the cause points to, inferred
 * @param records dropped in this pool for this cause since the event before
 * @param freeEntries in the pool's free queue when it was noticed
 * @param spareBuffers of the pool in the host's hands when refill last found the free queue empty
 * @param undrainedBuffers of the pool in ready queues then
 * @param collectingBuffers of the pool with collectors then
 * @param readyEntries in all ready queues of the session when it was noticed
 * @param handoffEntries between drain and collectors when it was noticed
 * @param latenessSeconds for how long the device had been waiting for a buffer when refill last
 *     found the free queue empty
 * @param pauseSeconds the longest pause of the drain lately
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
