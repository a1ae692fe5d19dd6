package dev.sluice.config;

/** {@code sluice.headroom}: over how long the nearness of a ceiling looks back. */
public record HeadroomSettings(long windowNanos) {}
