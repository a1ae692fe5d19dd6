package dev.sluice.config;

/** {@code sluice.watermark}: the time window of minimum and maximum gauges. */
public record WatermarkSettings(long windowNanos) {}
