package dev.sluice.service;

/** One session's memory: its size, its buffers of all kinds, and what the host gave for it. */
public record ArenaSnapshot(long bytes, long buffers, boolean hugePages, boolean locked) {}
