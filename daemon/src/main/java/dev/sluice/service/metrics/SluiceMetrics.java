package dev.sluice.service.metrics;

import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.KindTotals;
import dev.sluice.service.Labels;
import dev.sluice.service.QueueSnapshot;
import dev.sluice.service.StorageSnapshot;
import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * Turns the daemon's read model into metrics whenever somebody scrapes; holds nothing in between.
 * Called on the scrape thread. Every known label set of a device is exported, at 0 if the view says
 * nothing of it, so that the first increment is seen as one.
 */
final class SluiceMetrics implements MultiCollector {
  private static final Histogram NO_LATENCY = new Histogram(1, 2, 1);

  private final DaemonView view;
  private final LogEvents logEvents;

  SluiceMetrics(DaemonView view, LogEvents logEvents) {
    this.view = view;
    this.logEvents = logEvents;
  }

  /** Lets the registry refuse a second metric of the same name when it is registered. */
  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return Arrays.stream(Metric.values())
        .map(
            metric ->
                MetricFamilyDescriptor.of(
                    MetricType.valueOf(metric.type().name()),
                    new MetricMetadata(metric.familyName(), metric.help()),
                    metric.labels()))
        .toList();
  }

  @Override
  public MetricSnapshots collect() {
    Samples samples = new Samples(view.startedAt().toEpochMilli());
    view.devices().forEach(device -> device(samples, device));
    view.attachFailures()
        .forEach((reason, count) -> samples.add(Metric.ATTACH_FAILURES, count, reason));
    for (AgentSnapshot agent : view.agents()) {
      samples.add(Metric.AGENT_STALLS, agent.stalls(), agent.name());
      samples.add(Metric.AGENT_LAST_PROGRESS, agent.lastProgressEpochSeconds(), agent.name());
    }
    storage(samples, view.storage());
    samples.add(Metric.LOG_EVENTS, logEvents.warnings(), "warn");
    samples.add(Metric.LOG_EVENTS, logEvents.errors(), "error");
    samples.add(Metric.LOG_DISCARDED_EVENTS, logEvents.discarded());
    BuildInfo build = view.build();
    samples.add(Metric.BUILD_INFO, 1, build.version(), build.revision(), build.javaVersion());
    return samples.build();
  }

  private static void device(Samples samples, DeviceSnapshot device) {
    String id = Integer.toString(device.device());
    samples.add(Metric.SESSIONS, device.sessions(), id);
    samples.add(Metric.DEVICE_UP, device.up() ? 1 : 0, id);
    for (String kind : Labels.KINDS) {
      kind(samples, device, id, kind);
    }
    for (QueueSnapshot queue : device.readyQueues()) {
      String number = Integer.toString(queue.queue());
      samples.add(Metric.READY_QUEUE_ENTRIES, queue.entries(), id, number);
      samples.add(Metric.READY_QUEUE_CAPACITY_ENTRIES, queue.capacityEntries(), id, number);
      samples.add(Metric.READY_QUEUE_ENTRIES_MAX, queue.entriesMax(), id, number);
    }
    samples.add(Metric.DRAIN_PAUSE, device.drainPauseNanos(), id);
    for (String gate : Labels.GATES) {
      DeviceSnapshot.StallTotals stalls =
          device.stalls().getOrDefault(gate, new DeviceSnapshot.StallTotals(0, 0));
      samples.add(Metric.DEVICE_STALLS, stalls.count(), id, gate);
      samples.add(Metric.DEVICE_STALL_SECONDS, stalls.seconds(), id, gate);
    }
    samples.add(Metric.HANDOFF_ENTRIES, device.handoffEntries(), id);
    samples.add(Metric.HANDOFF_CAPACITY_ENTRIES, device.handoffCapacityEntries(), id);
    Map<String, Long> violations = device.abiViolations();
    for (String reason : known(Labels.ABI_VIOLATIONS, violations)) {
      samples.add(Metric.ABI_VIOLATIONS, violations.getOrDefault(reason, 0L), id, reason);
    }
  }

  private static void storage(Samples samples, StorageSnapshot storage) {
    samples.add(Metric.CAPTURE_WRITTEN_BYTES, storage.writtenBytes());
    samples.add(Metric.CAPTURE_RETAINED_BYTES, storage.retainedBytes());
    for (String reason : known(Labels.CAPTURE_LOSS_REASONS, storage.lostRecords())) {
      samples.add(
          Metric.CAPTURE_LOST_RECORDS, storage.lostRecords().getOrDefault(reason, 0L), reason);
    }
    for (String reason : known(Labels.CAPTURE_LOSS_REASONS, storage.errors())) {
      samples.add(Metric.CAPTURE_ERRORS, storage.errors().getOrDefault(reason, 0L), reason);
    }
  }

  private static void kind(Samples samples, DeviceSnapshot device, String id, String kind) {
    KindTotals totals = device.kinds().getOrDefault(kind, KindTotals.ZERO);
    samples.add(Metric.DEVICE_RECORDS, totals.deviceRecords(), id, kind);
    Map<String, Long> dropped = totals.droppedRecords();
    for (String cause : known(Labels.DROP_CAUSES, dropped)) {
      samples.add(Metric.DEVICE_DROPPED_RECORDS, dropped.getOrDefault(cause, 0L), id, kind, cause);
    }
    samples.add(Metric.COLLECTED_RECORDS, totals.collectedRecords(), id, kind);
    samples.add(Metric.COLLECTED_BYTES, totals.collectedBytes(), id, kind);
    samples.add(Metric.SALVAGED_RECORDS, totals.salvagedRecords(), id, kind);
    samples.add(Metric.UNACCOUNTED_RECORDS, totals.unaccountedRecords(), id, kind);
    samples.add(Metric.IN_FLIGHT_RECORDS, totals.inFlightRecords(), id, kind);
    DeviceSnapshot.FreeQueueSnapshot free =
        device.freeQueues().getOrDefault(kind, new DeviceSnapshot.FreeQueueSnapshot(0, 0));
    samples.add(Metric.FREE_QUEUE_ENTRIES_MIN, free.entriesMin(), id, kind);
    samples.add(Metric.FREE_QUEUE_CAPACITY_ENTRIES, free.capacityEntries(), id, kind);
    Map<String, Long> states = device.buffers().getOrDefault(kind, Map.of());
    for (String state : known(Labels.BUFFER_STATES, states)) {
      samples.add(Metric.BUFFERS, states.getOrDefault(state, 0L), id, kind, state);
    }
    samples.add(
        Metric.REFILL_LATENCY,
        device.refillLatencyNanos().getOrDefault(kind, NO_LATENCY),
        id,
        kind);
  }

  /** The known labels, and any other that was counted: a number is never hidden. */
  private static Set<String> known(List<String> labels, Map<String, Long> counted) {
    Set<String> all = new LinkedHashSet<>(labels);
    all.addAll(counted.keySet());
    return all;
  }
}
