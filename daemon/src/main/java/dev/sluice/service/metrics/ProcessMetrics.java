package dev.sluice.service.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/** The standard process metrics of dashboards; Micrometer uses other names for them. */
final class ProcessMetrics {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessMetrics() {}

  static void register(PrometheusRegistry registry) {
    UnixOperatingSystemMXBean system =
        ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class);
    CounterWithCallback.builder()
        .name("process_cpu_seconds_total")
        .help("Processor time of the daemon, user and system, in seconds.")
        .callback(callback -> callback.call(system.getProcessCpuTime() / 1e9))
        .register(registry);
    gauge(
        registry,
        "process_open_fds",
        "Open file descriptors.",
        () -> OptionalDouble.of(system.getOpenFileDescriptorCount()));
    gauge(
        registry,
        "process_max_fds",
        "Limit of open file descriptors.",
        () -> OptionalDouble.of(system.getMaxFileDescriptorCount()));
    gauge(
        registry,
        "process_resident_memory_bytes",
        "Resident memory in bytes. On JDK 17 the kernel counts the heap of ZGC several times.",
        () -> ofStatus("VmRSS:"));
    gauge(
        registry,
        "process_virtual_memory_bytes",
        "Virtual memory in bytes, most of it address space that the JVM only reserves.",
        () -> ofStatus("VmSize:"));
  }

  private static void gauge(
      PrometheusRegistry registry, String name, String help, Supplier<OptionalDouble> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> value.get().ifPresent(callback::call))
        .register(registry);
  }

  /** Returns bytes; empty if the kernel does not report the field. */
  private static OptionalDouble ofStatus(String field) {
    try {
      return parse(Files.readAllLines(STATUS), field);
    } catch (IOException ignored) {
      return OptionalDouble.empty();
    }
  }

  static OptionalDouble parse(List<String> status, String field) {
    for (String line : status) {
      if (line.startsWith(field)) {
        return OptionalDouble.of(1024.0 * Long.parseLong(line.replaceAll("\\D", "")));
      }
    }
    return OptionalDouble.empty();
  }
}
