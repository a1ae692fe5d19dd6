package dev.sluice.config;

/**
 * {@code sluice.drain.idle}: what an agent thread does when there is no work: first spin, then
 * yield, then park for a time that follows from the slack of the queues.
 *
 * @param spin idle duty cycles before it yields
 * @param yield idle duty cycles before it parks
 * @param maxParkNanos the longest park
 */
public record IdleSettings(int spin, int yield, long maxParkNanos) {}
