package dev.sluice.config;

/**
 * {@code sluice.metrics}: how finely the metrics are told apart.
 *
 * @param detail every label value and every histogram bound, at twice the series
 */
public record MetricsSettings(boolean detail) {}
