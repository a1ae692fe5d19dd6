package dev.sluice.config;

/** {@code sluice.arena.buffers}: buffers per instance of a kind; 0 lets the daemon decide. */
public record BufferCounts(int aicpuTask, int schedPhase, int orchPhase, int aicoreTask) {}
