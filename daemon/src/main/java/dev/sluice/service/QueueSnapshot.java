package dev.sluice.service;

/**
 * One ready queue, in entries.
 *
 * @param queue the AICPU thread that publishes on it
 * @param entriesMax the highest fill within the watermark window
 */
public record QueueSnapshot(int queue, long entries, long capacityEntries, long entriesMax) {}
