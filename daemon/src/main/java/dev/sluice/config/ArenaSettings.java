package dev.sluice.config;

/**
 * {@code sluice.arena}: the memory of a session.
 *
 * @param bytes the most that one arena may take
 */
public record ArenaSettings(
    long bytes, Provision hugePages, Provision lockMemory, BufferCounts buffers) {}
