/**
 * The daemon's Prometheus metrics: {@link dev.sluice.service.metrics.SluiceMetrics} turns the
 * {@link dev.sluice.service.DaemonView} into snapshots at each scrape, {@link
 * dev.sluice.service.metrics.MetricsRegistry} adds JVM, process and log counters. Every metric is
 * declared once, in {@link dev.sluice.service.metrics.Metric}. No agent calls anything here.
 */
package dev.sluice.service.metrics;
