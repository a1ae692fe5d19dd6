package dev.sluice.config;

/** {@code sluice.watermark}: over how long a minimum or maximum gauge looks back. */
public record WatermarkSettings(long windowNanos) {}
