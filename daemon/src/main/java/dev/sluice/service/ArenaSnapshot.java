package dev.sluice.service;

/**
 * Memory of one session: size, buffers of all kinds, and properties of the mapping.
 *
 * @param placement owner of the memory, as in the configuration
 * @param route how the producer maps it: {@code memfd}, {@code ipc-key}, {@code shareable-handle}
 * @param notice what the host could not provide, or what the arena lacks; empty if nothing
 */
public record ArenaSnapshot(
    long bytes,
    long buffers,
    boolean hugePages,
    boolean locked,
    String placement,
    String route,
    String notice) {}
