package dev.sluice.config;

/** {@code sluice.headroom}: the time window of the headroom ratios. */
public record HeadroomSettings(long windowNanos) {}
