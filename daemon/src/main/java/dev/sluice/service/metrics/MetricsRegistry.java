package dev.sluice.service.metrics;

import dev.sluice.config.MetricsSettings;
import dev.sluice.service.DaemonView;
import dev.sluice.service.HttpTraffic;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one registry that {@code /metrics} serves: the daemon's own metrics, read at scrape time, and
 * those of the JVM and the process, from Micrometer on the same registry.
 */
public final class MetricsRegistry implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(MetricsRegistry.class);

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final PrometheusMeterRegistry micrometer;
  private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
  private final List<String> failures = new CopyOnWriteArrayList<>();

  public MetricsRegistry(DaemonView view, MetricsSettings settings, HttpTraffic http) {
    this(view, settings, http, LogEvents.instance());
  }

  MetricsRegistry(
      DaemonView view, MetricsSettings settings, HttpTraffic http, LogEvents logEvents) {
    Resolution resolution = Resolution.of(settings.detail());
    registry.register(new SluiceMetrics(view, http, logEvents, resolution));
    ProcessMetrics.register(registry);
    micrometer = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, registry, Clock.SYSTEM);
    // Micrometer silently drops a meter whose labels conflict with another's.
    micrometer
        .config()
        .onMeterRegistrationFailed((id, reason) -> registrationFailed(id.getName(), reason));
    // Queries compute ages and ratios; process_start_time_seconds is exported.
    micrometer.config().meterFilter(MeterFilter.denyNameStartsWith("process.uptime"));
    micrometer.config().meterFilter(MeterFilter.deny(id -> !resolution.hasMeter(id.getName())));
    new ClassLoaderMetrics().bindTo(micrometer);
    new JvmInfoMetrics().bindTo(micrometer);
    new JvmMemoryMetrics().bindTo(micrometer);
    new JvmThreadMetrics().bindTo(micrometer);
    gcMetrics.bindTo(micrometer);
    new UptimeMetrics().bindTo(micrometer);
  }

  private void registrationFailed(String meter, String reason) {
    failures.add(meter + ": " + reason);
    LOGGER.warn("metrics: {} is left out: {}", meter, reason);
  }

  /** Registry for the HTTP server to scrape. */
  public PrometheusRegistry registry() {
    return registry;
  }

  /** Meters that could not be registered; a test requires that there are none. */
  List<String> registrationFailures() {
    return failures;
  }

  /** Stops listening to the JVM's garbage collector. Idempotent. */
  @Override
  public void close() {
    gcMetrics.close();
    micrometer.close();
  }
}
