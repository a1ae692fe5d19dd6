package dev.sluice.config;

/**
 * {@code sluice.metrics}: the granularity of the metrics.
 *
 * @param detail every label value and histogram bound, which doubles the series
 */
public record MetricsSettings(boolean detail) {}
