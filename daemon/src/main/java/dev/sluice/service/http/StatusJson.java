package dev.sluice.service.http;

import static java.util.stream.Collectors.toSet;

import dev.sluice.headroom.Ceiling;
import dev.sluice.headroom.Headroom;
import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.ArenaSnapshot;
import dev.sluice.service.Books;
import dev.sluice.service.CaptureSnapshot;
import dev.sluice.service.ConfigSnapshot;
import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.DropEventSnapshot;
import dev.sluice.service.KindTotals;
import dev.sluice.service.Labels;
import dev.sluice.service.LatencySnapshot;
import dev.sluice.service.QueueSnapshot;
import dev.sluice.service.RateHistory;
import dev.sluice.service.SessionRates;
import dev.sluice.service.SessionSnapshot;
import dev.sluice.service.StorageSnapshot;
import dev.sluice.service.TaskTotals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The JSON of the status API as maps and lists. The keys are a public interface: snake case, units
 * in the name, every known cause and reason present from the start.
 */
final class StatusJson {
  private StatusJson() {}

  static Map<String, Object> status(DaemonView view, Instant now) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", view.build().version());
    json.put("revision", view.build().revision());
    json.put("java_version", view.build().javaVersion());
    json.put("started_at", view.startedAt().toString());
    json.put("uptime_seconds", Duration.between(view.startedAt(), now).toMillis() / 1e3);
    List<String> notReady = view.notReadyReasons();
    json.put("ready", notReady.isEmpty());
    json.put("not_ready_reasons", notReady);
    json.put("notices", view.notices());
    json.put("config", config(view.config()));
    json.put("devices", view.devices().stream().map(device -> device.device()).toList());
    json.put(
        "devices_down",
        view.devices().stream()
            .filter(device -> !device.up())
            .map(StatusJson::deviceDown)
            .toList());
    json.put("abandoned_threads", view.abandonedThreads());
    json.put("ceilings", view.devices().stream().map(StatusJson::deviceCeilings).toList());
    json.put("totals", totals(view.devices()));
    json.put("storage", storage(view.storage()));
    json.put("last_loss", lastLoss(view));
    json.put("agents", view.agents().stream().map(StatusJson::agent).toList());
    json.put("attach_failures", view.attachFailures());
    json.put("capture_writing", view.storage().writing());
    json.put("direct_io_refusal", view.storage().refusal());
    json.putAll(sessions(view));
    return json;
  }

  private static Map<String, Object> config(ConfigSnapshot config) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("last_reload_successful", config.isLastReloadSuccessful());
    json.put("last_reload_success_at", config.lastSuccess().toString());
    json.put("reload_failures", config.failures());
    json.put("restart_required", config.restartRequired());
    json.put("error", config.error());
    return json;
  }

  static Map<String, Object> sessions(DaemonView view) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("sessions", view.sessions().stream().map(StatusJson::session).toList());
    json.put("ended", view.recentSessions().stream().map(StatusJson::session).toList());
    return json;
  }

  /** Returns when and where records were last lost; empty if none were. */
  static Map<String, Object> lastLoss(DaemonView view) {
    Optional<Instant> capture = view.lastCaptureLoss();
    Optional<DropEventSnapshot> drop = view.drops(1).events().stream().findFirst();
    Map<String, Object> json = new LinkedHashMap<>();
    drop.ifPresent(
        event -> {
          json.put("time", event.time().toString());
          json.put("place", "device " + event.device());
          json.put("cause", event.cause());
        });
    if (capture.isPresent()
        && drop.map(event -> capture.get().isAfter(event.time())).orElse(true)) {
      json.put("time", capture.get().toString());
      json.put("place", "capture");
    }
    return json;
  }

  /** Returns the rates of the open sessions over the last minutes, oldest first. */
  static Map<String, Object> history(DaemonView view) {
    List<Map<String, Object>> sessions = new ArrayList<>();
    for (RateHistory.Points points : view.rateHistory()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("id", points.session());
      json.put("collected_bytes_per_second", points.collectedBytes());
      json.put("dropped_records_per_second", points.droppedRecords());
      sessions.add(json);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("interval_seconds", RateHistory.INTERVAL_NANOS / 1e9);
    json.put("sessions", sessions);
    return json;
  }

  /** Returns the accounting over all devices since the daemon started. */
  static Map<String, Object> totals(List<DeviceSnapshot> devices) {
    Map<String, Object> kinds = new LinkedHashMap<>();
    List<KindTotals> all = new ArrayList<>();
    Set<String> present =
        devices.stream().flatMap(device -> device.kinds().keySet().stream()).collect(toSet());
    for (String kind : Labels.kinds(present)) {
      KindTotals sum =
          sum(
              devices.stream()
                  .map(device -> device.kinds().getOrDefault(kind, KindTotals.ZERO))
                  .toList());
      all.add(sum);
      Map<String, Object> totals = new LinkedHashMap<>();
      putTotals(totals, sum);
      kinds.put(kind, totals);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    putTotals(json, sum(all));
    json.put(
        "device_stall_seconds_estimate",
        devices.stream()
            .flatMap(device -> device.stalls().values().stream())
            .mapToDouble(DeviceSnapshot.StallTotals::seconds)
            .sum());
    json.put("kinds", kinds);
    return json;
  }

  static Map<String, Object> storage(StorageSnapshot storage) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("written_bytes", storage.writtenBytes());
    json.put("retained_bytes", storage.retainedBytes());
    json.put("writing", storage.writing());
    json.put("lost_records", counts(Labels.CAPTURE_LOSS_REASONS, storage.lostRecords()));
    json.put("errors", counts(Labels.CAPTURE_LOSS_REASONS, storage.errors()));
    return json;
  }

  private static Map<String, Object> deviceDown(DeviceSnapshot device) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("device", device.device());
    json.put("cause", device.downCause());
    return json;
  }

  private static Map<String, Object> deviceCeilings(DeviceSnapshot device) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("device", device.device());
    json.putAll(ceilings(device.headroom()));
    return json;
  }

  private static Map<String, Object> tasks(Map<String, TaskTotals> byType, SessionRates rates) {
    Map<String, Object> json = new LinkedHashMap<>();
    for (String type : Labels.CORE_TYPES) {
      TaskTotals tasks = byType.get(type);
      if (tasks != null) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("cores", tasks.cores());
        row.put("tasks", tasks.tasks());
        row.put("busy_seconds", tasks.busySeconds());
        row.put("tasks_per_second", rates.tasks().getOrDefault(type, 0.0));
        row.put(
            "utilization_ratio",
            tasks.cores() == 0 ? 0 : rates.busyCores().getOrDefault(type, 0.0) / tasks.cores());
        row.put("duration_seconds", latency(LatencySnapshot.of(tasks.durationNanos())));
        row.put("dispatch_latency_seconds", latency(LatencySnapshot.of(tasks.dispatchNanos())));
        json.put(type, row);
      }
    }
    return json;
  }

  private static Map<String, Object> ceilings(Headroom headroom) {
    Map<String, Object> json = new LinkedHashMap<>();
    for (Ceiling ceiling : Ceiling.ALL) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("utilization_ratio", headroom.ratio(ceiling));
      row.put("worst_utilization_ratio", headroom.worst(ceiling));
      json.put(ceiling.label(), row);
    }
    return json;
  }

  private static Map<String, Object> agent(AgentSnapshot agent) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", agent.name());
    json.put("last_progress_timestamp_seconds", agent.lastProgressEpochSeconds());
    json.put("stalls", agent.stalls());
    json.put("healthy", agent.healthy());
    return json;
  }

  static Map<String, Object> session(SessionSnapshot session) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", session.id());
    json.put("device", session.device());
    json.put("name", session.name());
    json.put("layout", session.layout());
    json.put("runtime", session.runtime());
    json.put("placement", session.arena().placement());
    json.put("route", session.arena().route());
    json.put("level", session.level());
    json.put("num_cores", session.numCores());
    json.put("sched_threads", session.schedThreads());
    json.put("state", session.state());
    json.put("runs", session.runs());
    json.put("run_epoch", Long.toUnsignedString(session.lastRun().epoch()));
    json.put("run_name", session.lastRun().name());
    json.put("started_at", session.startedAt().toString());
    json.put("duration_seconds", session.durationSeconds());
    putTotals(json, sum(session.kinds().values()));
    json.put("abi_violations", counts(Labels.ABI_VIOLATIONS, session.abiViolations()));
    json.put("verified_records", session.verifiedRecords());
    json.put("mismatched_records", session.mismatchedRecords());
    json.put("device_stall_seconds_estimate", session.deviceStallSeconds());
    json.put("refill_latency_seconds", latency(session.refillLatency()));
    json.put("drain_pause_seconds", latency(session.drainPause()));
    json.put("collected_bytes_per_second", session.rates().collectedBytes());
    json.put("dropped_records_per_second", session.rates().droppedRecords());
    json.put("arena", arena(session.arena()));
    json.put("queues", session.queues().stream().map(StatusJson::queue).toList());
    json.put("tasks", tasks(session.tasks(), session.rates()));
    json.put("ceilings", ceilings(session.headroom()));
    Map<String, Object> kinds = new LinkedHashMap<>();
    for (String kind : Labels.kinds(session.kinds().keySet())) {
      Map<String, Object> totals = new LinkedHashMap<>();
      putTotals(totals, session.kinds().getOrDefault(kind, KindTotals.ZERO));
      kinds.put(kind, totals);
    }
    json.put("kinds", kinds);
    json.put("capture", session.capture().map(StatusJson::capture).orElse(null));
    return json;
  }

  private static Map<String, Object> capture(CaptureSnapshot capture) {
    Map<String, Object> kinds = new LinkedHashMap<>();
    long captured = 0;
    long staged = 0;
    Map<String, Long> lost = new TreeMap<>();
    for (String kind : Labels.kinds(capture.kinds().keySet())) {
      CaptureSnapshot.KindCapture row =
          capture.kinds().getOrDefault(kind, new CaptureSnapshot.KindCapture(0, 0, Map.of()));
      captured += row.captured();
      staged += row.staged();
      row.lost().forEach((reason, records) -> lost.merge(reason, records, Long::sum));
      kinds.put(kind, captured(row.captured(), row.staged(), row.lost()));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("directory", capture.directory());
    json.put("written_bytes", capture.writtenBytes());
    json.putAll(captured(captured, staged, lost));
    json.put("kinds", kinds);
    return json;
  }

  private static Map<String, Object> captured(long captured, long staged, Map<String, Long> lost) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("captured_records", captured);
    json.put("staged_records", staged);
    json.put("capture_lost_records", counts(Labels.CAPTURE_LOSS_REASONS, lost));
    return json;
  }

  static KindTotals sum(Collection<KindTotals> kinds) {
    Map<String, Long> dropped = new TreeMap<>();
    for (KindTotals kind : kinds) {
      kind.droppedRecords().forEach((cause, records) -> dropped.merge(cause, records, Long::sum));
    }
    return new KindTotals(
        kinds.stream().mapToLong(KindTotals::deviceRecords).sum(),
        kinds.stream().mapToLong(KindTotals::collectedRecords).sum(),
        kinds.stream().mapToLong(KindTotals::collectedBytes).sum(),
        dropped,
        kinds.stream().mapToLong(KindTotals::salvagedRecords).sum(),
        kinds.stream().mapToLong(KindTotals::neverStartedRecords).sum(),
        kinds.stream().mapToLong(KindTotals::unaccountedRecords).sum(),
        kinds.stream().mapToLong(KindTotals::inFlightRecords).sum());
  }

  static void putTotals(Map<String, Object> json, KindTotals totals) {
    json.put("device_records", totals.deviceRecords());
    json.put("collected_records", totals.collectedRecords());
    json.put("collected_bytes", totals.collectedBytes());
    json.put("dropped_records", counts(Labels.DROP_CAUSES, totals.droppedRecords()));
    json.put("salvaged_records", totals.salvagedRecords());
    json.put("never_started_records", totals.neverStartedRecords());
    json.put("unaccounted_records", totals.unaccountedRecords());
    json.put("in_flight_records", totals.inFlightRecords());
  }

  /** Returns the known labels in their order, 0 if not counted, then unknown ones. */
  static Map<String, Long> counts(List<String> known, Map<String, Long> counted) {
    Map<String, Long> json = new LinkedHashMap<>();
    known.forEach(label -> json.put(label, 0L));
    json.putAll(counted);
    return json;
  }

  private static Map<String, Object> latency(LatencySnapshot latency) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("p50", latency.p50Seconds());
    json.put("p99", latency.p99Seconds());
    json.put("p999", latency.p999Seconds());
    json.put("max", latency.maxSeconds());
    json.put("count", latency.count());
    return json;
  }

  private static Map<String, Object> arena(ArenaSnapshot arena) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bytes", arena.bytes());
    json.put("buffers", arena.buffers());
    json.put("huge_pages", arena.hugePages());
    json.put("locked", arena.locked());
    json.put("notice", arena.notice());
    return json;
  }

  private static Map<String, Object> queue(QueueSnapshot queue) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("queue", queue.queue());
    json.put("entries", queue.entries());
    json.put("capacity_entries", queue.capacityEntries());
    json.put("entries_max", queue.entriesMax());
    return json;
  }

  static Map<String, Object> books(Books books) {
    Map<String, Object> kinds = new LinkedHashMap<>();
    for (int kind = 0; kind < books.kinds().size(); kind++) {
      Books.KindBooks row = books.kinds().get(kind);
      if (kind >= Labels.KINDS.size() && row.produced() == 0) {
        continue;
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("device_records", row.produced());
      json.put("collected_records", row.collected());
      json.put("dropped_records", row.dropped());
      json.put("salvaged_records", row.salvaged());
      json.put("never_started_records", row.neverStarted());
      json.put("unaccounted_records", row.unaccounted());
      json.put(
          "in_flight_records",
          row.produced()
              - row.collected()
              - row.dropped()
              - row.salvaged()
              - row.neverStarted()
              - row.unaccounted());
      kinds.put(Labels.ALL_KINDS.get(kind), json);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", books.session());
    json.put("text", books.text());
    json.put("kinds", kinds);
    return json;
  }
}
