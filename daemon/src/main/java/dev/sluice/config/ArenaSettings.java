package dev.sluice.config;

/**
 * {@code sluice.arena}: the memory of a session.
 *
 * @param bytes size limit of one arena
 */
public record ArenaSettings(
    long bytes, Provision hugePages, Provision lockMemory, BufferCounts buffers) {}
