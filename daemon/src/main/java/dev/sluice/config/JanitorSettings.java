package dev.sluice.config;

/** {@code sluice.janitor}: the agent that reconciles counters and watches the others. */
public record JanitorSettings(long intervalNanos) {}
