package dev.sluice.config;

/**
 * {@code sluice.drain.idle}: what an agent thread does without work: it spins, then yields, then
 * parks for a time derived from the slack of the queues.
 *
 * @param spinNanos time of busy polling after the last work
 * @param yieldNanos time of yielding after that
 * @param maxParkNanos the longest park
 */
public record IdleSettings(long spinNanos, long yieldNanos, long maxParkNanos) {}
