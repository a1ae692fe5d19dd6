package dev.sluice.service;

/**
 * One session's memory: its size, its buffers of all kinds, what the host gave for it.
 *
 * @param placement whose memory it is: {@code sim}, {@code host}, {@code device-mapped}, {@code
 *     device-copied}
 * @param route how the producer gets to see it: {@code memfd}, {@code ipc-key}, {@code
 *     shareable-handle}
 */
public record ArenaSnapshot(
    long bytes, long buffers, boolean hugePages, boolean locked, String placement, String route) {}
