package dev.sluice.config;

/**
 * {@code sluice.drain.idle}: what an agent thread does when there is no work: first spin, then
 * yield, then park for a time that follows from the slack of the queues.
 *
 * @param spinNanos busy polls for this long after the last work
 * @param yieldNanos then gives way to other threads for this long
 * @param maxParkNanos the longest park
 */
public record IdleSettings(long spinNanos, long yieldNanos, long maxParkNanos) {}
