package dev.sluice.service;

/**
 * One session's memory: its size, its buffers of all kinds, and what the host gave for it.
 *
 * @param placement whose memory it is, as in the configuration
 * @param notice what the host could not give, or how it had to do without; empty if nothing
 */
public record ArenaSnapshot(
    String placement, long bytes, long buffers, boolean hugePages, boolean locked, String notice) {}
