package dev.sluice.service.metrics;

import dev.sluice.headroom.Ceiling;
import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.ConfigSnapshot;
import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.KindTotals;
import dev.sluice.service.Labels;
import dev.sluice.service.QueueSnapshot;
import dev.sluice.service.SessionInfo;
import dev.sluice.service.StorageSnapshot;
import dev.sluice.service.TaskTotals;
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
 * Turns the daemon's read model into metrics at each scrape; stores no values. Called on the scrape
 * thread. Every known label set of a device is exported, at 0 if the view lacks it, so that the
 * first increment is visible as one.
 *
 * <p>No agent waits for a scrape. Agents write their counts with release stores to counters that
 * they alone write, and latencies through a wait-free recorder; the view reads both. The locks on
 * this path (the list of sessions, a session, the books of a run, the readers of a recorder) are
 * taken by scrapes, control threads and the janitor, never by an agent. So a scrape can delay an
 * attach or a reconciliation by the few milliseconds that it takes, but nothing that a device waits
 * for.
 */
final class SluiceMetrics implements MultiCollector {
  private final DaemonView view;
  private final HttpTraffic http;
  private final LogEvents logEvents;
  private final Resolution resolution;
  private final LabelSets labelSets = new LabelSets();

  SluiceMetrics(DaemonView view, HttpTraffic http, LogEvents logEvents, Resolution resolution) {
    this.view = view;
    this.http = http;
    this.logEvents = logEvents;
    this.resolution = resolution;
  }

  /** Lets the registry reject a duplicate metric name at registration. */
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
  public synchronized MetricSnapshots collect() {
    Samples samples = new Samples(view.startedAt().toEpochMilli(), resolution, labelSets);
    view.devices().forEach(device -> device(samples, device));
    for (SessionInfo session : view.sessionInfos()) {
      samples.add(
          Metric.SESSION_INFO,
          1,
          Integer.toString(session.device()),
          Integer.toString(session.id()),
          session.name(),
          session.layout(),
          session.runtime());
    }
    view.attachFailures()
        .forEach((reason, count) -> samples.add(Metric.ATTACH_FAILURES, count, reason));
    for (AgentSnapshot agent : view.agents()) {
      samples.add(Metric.AGENT_STALLS, agent.stalls(), agent.name());
      samples.add(Metric.AGENT_LAST_PROGRESS, agent.lastProgressEpochSeconds(), agent.name());
    }
    samples.add(Metric.ABANDONED_THREADS, view.abandonedThreads());
    storage(samples, view.storage());
    http.refusalsByReason()
        .forEach((reason, count) -> samples.add(Metric.HTTP_REFUSED_REQUESTS, count, reason));
    samples.add(Metric.WEB_CONFIG_GOOD, http.isWebConfigGood() ? 1 : 0);
    samples.add(Metric.WEB_CONFIG_FAILURES, http.webConfigFailures());
    samples.add(Metric.LIVE_CLIENTS, http.liveClients());
    samples.add(Metric.LIVE_FRAMES, http.liveFrames());
    samples.add(Metric.LIVE_SKIPPED_FRAMES, http.skippedLiveFrames());
    samples.add(Metric.LOG_EVENTS, logEvents.warnings(), "warn");
    samples.add(Metric.LOG_EVENTS, logEvents.errors(), "error");
    samples.add(Metric.LOG_DISCARDED_EVENTS, logEvents.discarded());
    ConfigSnapshot config = view.config();
    samples.add(Metric.CONFIG_LAST_RELOAD_SUCCESSFUL, config.isLastReloadSuccessful() ? 1 : 0);
    samples.add(
        Metric.CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP, config.lastSuccess().toEpochMilli() / 1e3);
    samples.add(Metric.CONFIG_RELOAD_FAILURES, config.failures());
    samples.add(Metric.CONFIG_RESTART_REQUIRED, config.restartRequired().size());
    BuildInfo build = view.build();
    samples.add(Metric.BUILD_INFO, 1, build.version(), build.revision(), build.javaVersion());
    labelSets.endScrape();
    return samples.build();
  }

  private void device(Samples samples, DeviceSnapshot device) {
    String id = Integer.toString(device.device());
    samples.add(Metric.SESSIONS, device.sessions(), id);
    samples.add(Metric.DEVICE_UP, device.up() ? 1 : 0, id);
    for (String kind : Labels.kinds(device.kinds().keySet())) {
      kind(samples, device, id, kind);
    }
    for (QueueSnapshot queue : device.readyQueues()) {
      String number = Integer.toString(queue.queue());
      samples.add(Metric.READY_QUEUE_ENTRIES, queue.entries(), id, number);
      samples.add(Metric.READY_QUEUE_CAPACITY_ENTRIES, queue.capacityEntries(), id, number);
      samples.add(Metric.READY_QUEUE_ENTRIES_MAX, queue.entriesMax(), id, number);
    }
    samples.add(Metric.DRAIN_PAUSE, List.of(device.drainPauseNanos()), id);
    samples.add(Metric.FREE_QUEUE_LONGEST_EMPTY, device.longestEmptySeconds(), id);
    for (String gate : Labels.GATES) {
      DeviceSnapshot.StallTotals stalls =
          device.stalls().getOrDefault(gate, new DeviceSnapshot.StallTotals(0, 0));
      samples.add(Metric.DEVICE_STALLS, stalls.count(), id, gate);
      samples.add(Metric.DEVICE_STALL_SECONDS, stalls.seconds(), id, gate);
    }
    samples.add(Metric.HANDOFF_ENTRIES, device.handoffEntries(), id);
    samples.add(Metric.HANDOFF_CAPACITY_ENTRIES, device.handoffCapacityEntries(), id);
    for (Ceiling ceiling : Ceiling.ALL) {
      samples.add(
          Metric.CEILING_UTILIZATION, device.headroom().ratio(ceiling), id, ceiling.label());
    }
    resolution
        .violations(device.abiViolations())
        .forEach((reason, count) -> samples.add(Metric.ABI_VIOLATIONS, count, id, reason));
    refillLatency(samples, device, id);
    for (String type : Labels.CORE_TYPES) {
      tasks(samples, device.tasks().get(type), id, type);
    }
  }

  private static void tasks(Samples samples, TaskTotals tasks, String id, String type) {
    boolean isKnown = tasks != null;
    samples.add(Metric.CORES, isKnown ? tasks.cores() : 0, id, type);
    samples.add(Metric.CORE_BUSY_SECONDS, isKnown ? tasks.busySeconds() : 0, id, type);
    samples.add(Metric.TASKS, isKnown ? tasks.tasks() : 0, id, type);
    samples.add(
        Metric.TASK_DURATION, isKnown ? List.of(tasks.durationNanos()) : List.of(), id, type);
    samples.add(
        Metric.TASK_DISPATCH_LATENCY,
        isKnown ? List.of(tasks.dispatchNanos()) : List.of(),
        id,
        type);
  }

  private static void storage(Samples samples, StorageSnapshot storage) {
    samples.add(Metric.CAPTURE_WRITTEN_BYTES, storage.writtenBytes());
    samples.add(Metric.CAPTURE_RETENTION_FAILURES, storage.retentionFailures());
    samples.add(Metric.CAPTURE_RETAINED_BYTES, storage.retainedBytes());
    samples.add(Metric.CAPTURE_QUOTA_BYTES, storage.quotaBytes());
    for (String reason : known(Labels.CAPTURE_LOSS_REASONS, storage.lostRecords())) {
      samples.add(
          Metric.CAPTURE_LOST_RECORDS, storage.lostRecords().getOrDefault(reason, 0L), reason);
    }
    for (String reason : known(Labels.CAPTURE_LOSS_REASONS, storage.errors())) {
      samples.add(Metric.CAPTURE_ERRORS, storage.errors().getOrDefault(reason, 0L), reason);
    }
  }

  private void kind(Samples samples, DeviceSnapshot device, String id, String kind) {
    KindTotals totals = device.kinds().getOrDefault(kind, KindTotals.ZERO);
    samples.add(Metric.DEVICE_RECORDS, totals.deviceRecords(), id, kind);
    Map<String, Long> dropped = totals.droppedRecords();
    for (String cause : resolution.causes(kind, dropped)) {
      samples.add(Metric.DEVICE_DROPPED_RECORDS, dropped.getOrDefault(cause, 0L), id, kind, cause);
    }
    samples.add(Metric.COLLECTED_RECORDS, totals.collectedRecords(), id, kind);
    samples.add(Metric.COLLECTED_BYTES, totals.collectedBytes(), id, kind);
    samples.add(Metric.SALVAGED_RECORDS, totals.salvagedRecords(), id, kind);
    if (kind.equals(Resolution.AICORE_KIND)) {
      samples.add(Metric.NEVER_STARTED_RECORDS, totals.neverStartedRecords(), id, kind);
    }
    samples.add(Metric.UNACCOUNTED_RECORDS, totals.unaccountedRecords(), id, kind);
    if (resolution == Resolution.FINE) {
      samples.add(Metric.IN_FLIGHT_RECORDS, totals.inFlightRecords(), id, kind);
    }
    DeviceSnapshot.FreeQueueSnapshot free =
        device.freeQueues().getOrDefault(kind, new DeviceSnapshot.FreeQueueSnapshot(0, 0));
    samples.add(Metric.FREE_QUEUE_ENTRIES_MIN, free.entriesMin(), id, kind);
    samples.add(Metric.FREE_QUEUE_CAPACITY_ENTRIES, free.capacityEntries(), id, kind);
    resolution
        .buffers(device.buffers().getOrDefault(kind, Map.of()))
        .forEach((state, count) -> samples.add(Metric.BUFFERS, count, id, kind, state));
  }

  private void refillLatency(Samples samples, DeviceSnapshot device, String id) {
    Map<String, Histogram> byKind = device.refillLatencyNanos();
    if (resolution == Resolution.FINE) {
      for (String kind : Labels.kinds(byKind.keySet())) {
        Histogram latency = byKind.get(kind);
        samples.add(
            Metric.REFILL_LATENCY, latency == null ? List.of() : List.of(latency), id, kind);
      }
      return;
    }
    samples.add(Metric.REFILL_LATENCY, byKind.values(), id, Resolution.ALL_KINDS);
  }

  /** Returns the known labels and all counted ones: no number is ever hidden. */
  private static Set<String> known(List<String> labels, Map<String, Long> counted) {
    Set<String> all = new LinkedHashSet<>(labels);
    all.addAll(counted.keySet());
    return all;
  }
}
