package dev.sluice.service;

/**
 * One session's memory: its size, its buffers of all kinds, and what the host gave for it.
 *
 * @param placement whose memory it is, as in the configuration
 * @param route how the producer gets to see it: {@code memfd}, {@code ipc-key}, {@code
 *     shareable-handle}
 * @param notice what the host could not give, or what the arena lacks; empty if nothing
 */
public record ArenaSnapshot(
    long bytes,
    long buffers,
    boolean hugePages,
    boolean locked,
    String placement,
    String route,
    String notice) {}
