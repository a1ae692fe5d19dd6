package dev.sluice.service;

/**
 * One ready queue, in entries.
 *
 * @param queue the AICPU thread that publishes to it
 * @param entriesMax highest fill within the watermark window
 */
public record QueueSnapshot(int queue, long entries, long capacityEntries, long entriesMax) {}
