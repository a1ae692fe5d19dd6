package dev.sluice.service.metrics;

import java.util.List;

/**
 * Every metric of the daemon, declared once: docs/metrics.md and the scrape are built from this
 * list. Names, types and labels are a public interface.
 */
enum Metric {
  DEVICE_RECORDS(
      Type.COUNTER,
      "sluice_device_records_total",
      "Records that the device set out to write.",
      "device",
      "kind"),
  DEVICE_DROPPED_RECORDS(
      Type.COUNTER,
      "sluice_device_dropped_records_total",
      "Records that never left the device, by the cause that the host infers.",
      "device",
      "kind",
      "cause"),
  COLLECTED_RECORDS(
      Type.COUNTER,
      "sluice_collected_records_total",
      "Records that a collector took.",
      "device",
      "kind"),
  COLLECTED_BYTES(
      Type.COUNTER,
      "sluice_collected_bytes_total",
      "Bytes of the records that a collector took.",
      "device",
      "kind"),
  SALVAGED_RECORDS(
      Type.COUNTER,
      "sluice_salvaged_records_total",
      "Records recovered from the buffers of a producer that died.",
      "device",
      "kind"),
  NEVER_STARTED_RECORDS(
      Type.COUNTER,
      "sluice_never_started_records_total",
      "AICore tasks that were dispatched and that no core began, because the run was aborted; at"
          + " most 2 per core and run. No loss: there is nothing to record.",
      "device",
      "kind"),
  UNACCOUNTED_RECORDS(
      Type.GAUGE,
      "sluice_unaccounted_records",
      "Produced minus collected, dropped, salvaged, never started and in flight, in records."
          + " Anything but 0 is a defect.",
      "device",
      "kind"),
  IN_FLIGHT_RECORDS(
      Type.GAUGE,
      "sluice_in_flight_records",
      "Records that are written but not yet collected.",
      "device",
      "kind"),
  READY_QUEUE_ENTRIES(
      Type.GAUGE,
      "sluice_ready_queue_entries",
      "Full buffers waiting in a ready queue; queue is the AICPU thread.",
      "device",
      "queue"),
  READY_QUEUE_CAPACITY_ENTRIES(
      Type.GAUGE,
      "sluice_ready_queue_capacity_entries",
      "Entries that a ready queue can hold.",
      "device",
      "queue"),
  READY_QUEUE_ENTRIES_MAX(
      Type.GAUGE,
      "sluice_ready_queue_entries_max",
      "Highest fill of a ready queue within the watermark window, in entries.",
      "device",
      "queue"),
  FREE_QUEUE_ENTRIES_MIN(
      Type.GAUGE,
      "sluice_free_queue_entries_min",
      "Lowest fill of any free queue of the kind within the watermark window, in entries. At 0 the"
          + " device had to wait or to drop.",
      "device",
      "kind"),
  FREE_QUEUE_LONGEST_EMPTY(
      Type.GAUGE,
      "sluice_free_queue_longest_empty_seconds",
      "The longest time since the daemon started in which a free queue was empty. Runtimes with"
          + " a 0.5 s deadlock timeout fail when this exceeds it.",
      "device"),
  FREE_QUEUE_CAPACITY_ENTRIES(
      Type.GAUGE,
      "sluice_free_queue_capacity_entries",
      "Entries that the host keeps in each free queue of the kind when it is full.",
      "device",
      "kind"),
  BUFFERS(
      Type.GAUGE,
      "sluice_buffers",
      "Buffers by owner; the sum over the states is the number allocated.",
      "device",
      "kind",
      "state"),
  REFILL_LATENCY(
      Type.HISTOGRAM,
      "sluice_refill_latency_seconds",
      "Time from a full buffer published to its replacement visible to the device.",
      "device",
      "kind"),
  DRAIN_PAUSE(
      Type.HISTOGRAM,
      "sluice_drain_pause_seconds",
      "Time between two polls of the drain loop, intended sleep excluded.",
      "device"),
  DEVICE_STALLS(
      Type.COUNTER,
      "sluice_device_stalls_total",
      "Times that a device thread waited for the host, by gate: push (ready queue full) or pop"
          + " (free queue empty).",
      "device",
      "gate"),
  DEVICE_STALL_SECONDS(
      Type.COUNTER,
      "sluice_device_stall_seconds_total",
      "Time that device threads waited for the host, summed over the threads: an estimate by the"
          + " host, usually too high.",
      "device",
      "gate"),
  HANDOFF_ENTRIES(
      Type.GAUGE,
      "sluice_handoff_entries",
      "Buffers on their way from drain to the collectors.",
      "device"),
  HANDOFF_CAPACITY_ENTRIES(
      Type.GAUGE,
      "sluice_handoff_capacity_entries",
      "Buffers that the rings from drain to the collectors can hold.",
      "device"),
  CEILING_UTILIZATION(
      Type.GAUGE,
      "sluice_ceiling_utilization_ratio",
      "How much of a ceiling is used, the most within sluice.headroom.window: 0 is idle, 1 is at"
          + " the ceiling, where records drop or the device waits.",
      "device",
      "ceiling"),
  CORES(Type.GAUGE, "sluice_cores", "Cores of the open sessions, by type.", "device", "core_type"),
  CORE_BUSY_SECONDS(
      Type.COUNTER,
      "sluice_core_busy_seconds_total",
      "Time that cores ran tasks, by the device's clock and summed over the cores. Counted while a"
          + " capture is written.",
      "device",
      "core_type"),
  TASKS(
      Type.COUNTER,
      "sluice_tasks_total",
      "Tasks that cores ended. Counted while a capture is written.",
      "device",
      "core_type"),
  TASK_DURATION(
      Type.HISTOGRAM,
      "sluice_task_duration_seconds",
      "Time that a task ran on its core. Counted while a capture is written.",
      "device",
      "core_type"),
  TASK_DISPATCH_LATENCY(
      Type.HISTOGRAM,
      "sluice_task_dispatch_latency_seconds",
      "Time that a task waited between being received by its core and started. Counted while a"
          + " capture is written.",
      "device",
      "core_type"),
  ABI_VIOLATIONS(
      Type.COUNTER,
      "sluice_abi_violations_total",
      "Values that a device wrote and the wire format forbids.",
      "device",
      "reason"),
  CAPTURE_WRITTEN_BYTES(
      Type.COUNTER,
      "sluice_capture_written_bytes_total",
      "Bytes written into captures, frame headers included."),
  CAPTURE_LOST_RECORDS(
      Type.COUNTER,
      "sluice_capture_lost_records_total",
      "Records that were collected and are in no capture.",
      "reason"),
  CAPTURE_ERRORS(
      Type.COUNTER,
      "sluice_capture_errors_total",
      "Times that the disk under the captures refused or did not answer.",
      "reason"),
  CAPTURE_RETENTION_FAILURES(
      Type.COUNTER,
      "sluice_capture_retention_failures_total",
      "Times that retention could not list or remove a file of a capture."),
  CAPTURE_RETAINED_BYTES(
      Type.GAUGE, "sluice_capture_retained_bytes", "Disk space used by captures and snapshots."),
  CAPTURE_QUOTA_BYTES(
      Type.GAUGE,
      "sluice_capture_quota_bytes",
      "Disk space that captures and snapshots may use before the oldest are removed; 0 if nothing"
          + " is captured."),
  SESSIONS(Type.GAUGE, "sluice_sessions", "Open sessions.", "device"),
  SESSION_INFO(
      Type.GAUGE,
      "sluice_session_info",
      "Always 1, for each open session; joins losses with their job. The runtime is empty where"
          + " the layout does not determine it.",
      "device",
      "session",
      "name",
      "layout",
      "runtime"),
  DEVICE_UP(
      Type.GAUGE,
      "sluice_device_up",
      "1 if the device accepts sessions; 0 from its failure until a probe succeeds.",
      "device"),
  ATTACH_FAILURES(
      Type.COUNTER,
      "sluice_attach_failures_total",
      "Requests and connections refused on the attach socket.",
      "reason"),
  AGENT_STALLS(
      Type.COUNTER,
      "sluice_agent_stalls_total",
      "Duty cycles of an agent that exceeded the threshold.",
      "agent"),
  AGENT_LAST_PROGRESS(
      Type.GAUGE,
      "sluice_agent_last_progress_timestamp_seconds",
      "Unix time at which an agent last completed a duty cycle.",
      "agent"),
  ABANDONED_THREADS(
      Type.GAUGE,
      "sluice_abandoned_threads",
      "Threads that hang in a device call and were abandoned."),
  HTTP_REFUSED_REQUESTS(
      Type.COUNTER,
      "sluice_http_refused_requests_total",
      "Requests and connections that the TCP listener refused, by what was exceeded.",
      "reason"),
  WEB_CONFIG_GOOD(
      Type.GAUGE,
      "sluice_web_config_last_load_successful",
      "1 if web-config.yml is loaded as it is on disk, or not used; 0 if it was changed and"
          + " refused, so that the previous one stays in force."),
  WEB_CONFIG_FAILURES(
      Type.COUNTER,
      "sluice_web_config_load_failures_total",
      "Times that a changed web-config.yml could not be used."),
  LIVE_CLIENTS(Type.GAUGE, "sluice_live_clients", "Clients of /api/v1/live, such as status pages."),
  LIVE_FRAMES(
      Type.COUNTER,
      "sluice_live_frames_total",
      "Frames built for /api/v1/live, each once for all clients."),
  LIVE_SKIPPED_FRAMES(
      Type.COUNTER,
      "sluice_live_skipped_frames_total",
      "Frames that a client skipped because it had not read the previous one."),
  LOG_EVENTS(
      Type.COUNTER, "sluice_log_events_total", "Lines logged at level warn or error.", "level"),
  LOG_DISCARDED_EVENTS(
      Type.COUNTER,
      "sluice_log_discarded_events_total",
      "Lines that were not written because standard output was not read fast enough."),
  CONFIG_LAST_RELOAD_SUCCESSFUL(
      Type.GAUGE,
      "sluice_config_last_reload_successful",
      "1 if the configuration on disk was legal when it was last read, 0 if the old one was kept."),
  CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP(
      Type.GAUGE,
      "sluice_config_last_reload_success_timestamp_seconds",
      "When the configuration in force was read, in seconds since 1970."),
  CONFIG_RELOAD_FAILURES(
      Type.COUNTER,
      "sluice_config_reload_failures_total",
      "Reloads that were refused because the configuration was wrong."),
  CONFIG_RESTART_REQUIRED(
      Type.GAUGE,
      "sluice_config_restart_required",
      "Changed keys that take effect only after a restart."),
  BUILD_INFO(
      Type.GAUGE,
      "sluice_build_info",
      "Always 1; the labels are the version.",
      "version",
      "revision",
      "java_version");

  /** Prometheus metric types. */
  enum Type {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  private final Type type;
  private final String exposedName;
  private final String help;

  @SuppressWarnings("ImmutableEnumChecker") // List.of makes an immutable one
  private final List<String> labels;

  Metric(Type type, String exposedName, String help, String... labels) {
    this.type = type;
    this.exposedName = exposedName;
    this.help = help;
    this.labels = List.of(labels);
  }

  Type type() {
    return type;
  }

  /** Name used in queries, including {@code _total}. */
  String exposedName() {
    return exposedName;
  }

  /** Name without the suffix that the exposition formats add. */
  String familyName() {
    return type == Type.COUNTER
        ? exposedName.substring(0, exposedName.length() - "_total".length())
        : exposedName;
  }

  String help() {
    return help;
  }

  List<String> labels() {
    return labels;
  }
}
