package dev.sluice.monitoring;

import static dev.sluice.monitoring.Dashboards.DEVICE;
import static dev.sluice.monitoring.Dashboards.HOST;
import static dev.sluice.monitoring.Dashboards.max;
import static dev.sluice.monitoring.Dashboards.orZero;
import static dev.sluice.monitoring.Dashboards.quantile;
import static dev.sluice.monitoring.Dashboards.rate;
import static dev.sluice.monitoring.Dashboards.sum;

import java.util.List;

/** One host, from top to bottom: loss, ceilings, latency, queues, buffers, stalls, capture, JVM. */
final class HostDashboard {
  private HostDashboard() {}

  static Dashboard make() {
    return new Dashboard(
        "sluice-host",
        "Sluice: one host",
        "One daemon: what was lost, how near it is to losing something, and why.",
        List.of(Dashboards.DEVICE_VARIABLE),
        List.of(
            new Dashboard.Row("Loss: all of this must be 0", loss()),
            new Dashboard.Row("Ceilings: how near a loss is", ceilings()),
            new Dashboard.Row("Latency of the host", latency()),
            new Dashboard.Row("Queues and buffers", queues()),
            new Dashboard.Row("Stalls and agents", stalls()),
            new Dashboard.Row("Sessions", sessions()),
            new Dashboard.Row("Capture", capture()),
            new Dashboard.Row("Process and JVM", process())));
  }

  private static List<Panel> loss() {
    return List.of(
        Panel.lines(
                1,
                "Dropped by the device",
                "recps",
                "Records per second that never left a device, by the cause that the host infers.")
            .query(
                "device {{device}}: {{cause}}",
                rate("device, cause", "sluice_device_dropped_records_total", DEVICE)),
        Panel.number(
                2,
                "Unaccounted",
                "short",
                "Records that are neither collected nor counted as lost. Anything but 0 is a"
                    + " defect.")
            .width(4)
            .red(0.5)
            .query("records", orZero("sum(abs(sluice_unaccounted_records{" + DEVICE + "}))")),
        Panel.number(
                25,
                "Dropped, last hour",
                "short",
                "Records that the devices dropped in the last hour.")
            .width(4)
            .red(0.5)
            .query(
                "records",
                orZero("sum(increase(sluice_device_dropped_records_total{" + DEVICE + "}[1h]))")),
        Panel.number(
                26,
                "Salvaged, last hour",
                "short",
                "Records recovered from the buffers of producers that died.")
            .width(4)
            .yellowRed(0.5, 1e12)
            .query(
                "records",
                orZero("sum(increase(sluice_salvaged_records_total{" + DEVICE + "}[1h]))")),
        Panel.lines(
                3,
                "Lost between collector and disk",
                "recps",
                "Records per second that were collected and are in no capture, by reason.")
            .query("{{reason}}", rate("reason", "sluice_capture_lost_records_total", HOST)),
        Panel.lines(
                4,
                "ABI violations",
                "cps",
                "Values per second that a device wrote and the wire format forbids.")
            .query(
                "device {{device}}: {{reason}}",
                rate("device, reason", "sluice_abi_violations_total", DEVICE)));
  }

  private static List<Panel> ceilings() {
    return List.of(
        Panel.lines(
                5,
                "Use of each ceiling",
                "percentunit",
                "At 100 % of any of them the device drops or stalls; cut off at 200 %. The runbook"
                    + " says what to change.")
            .yellowRed(0.8, 1)
            .query(
                "device {{device}}: {{ceiling}}",
                "clamp_max("
                    + max("device, ceiling", "sluice_ceiling_utilization_ratio", DEVICE)
                    + ", 2)"),
        Panel.lines(
                6,
                "Lowest fill of a free queue",
                "percentunit",
                "The emptiest free queue of a kind within the watermark window. At 0 the device had"
                    + " to wait or to drop.")
            .query(
                "device {{device}}: {{kind}}",
                "min by (device, kind) (sluice_free_queue_entries_min{"
                    + DEVICE
                    + "}) / (max by (device, kind) (sluice_free_queue_capacity_entries{"
                    + DEVICE
                    + "}) > 0)"));
  }

  private static List<Panel> latency() {
    String refill = "sluice_refill_latency_seconds";
    String pause = "sluice_drain_pause_seconds";
    return List.of(
        Panel.lines(
                8,
                "Refill latency",
                "s",
                "From a full buffer published to its replacement visible to the device.")
            .yellowRed(0.01, 0.1)
            .logarithmic()
            .query("p50, device {{device}}", quantile(0.5, "device", refill, DEVICE))
            .query("p99, device {{device}}", quantile(0.99, "device", refill, DEVICE))
            .query("p99.9, device {{device}}", quantile(0.999, "device", refill, DEVICE))
            .query(
                "longest without a free buffer, device {{device}}",
                "max by (device) (sluice_free_queue_longest_empty_seconds{" + DEVICE + "})"),
        Panel.lines(
                10,
                "Pauses of the drain",
                "s",
                "Time between two polls of the drain loop beyond what it meant to sleep: collector"
                    + " of the JVM, scheduler, page faults.")
            .yellowRed(0.01, 0.1)
            .logarithmic()
            .query("p99, device {{device}}", quantile(0.99, "device", pause, DEVICE))
            .query("p99.9, device {{device}}", quantile(0.999, "device", pause, DEVICE)));
  }

  private static List<Panel> queues() {
    return List.of(
        Panel.lines(
                12,
                "Highest fill of a ready queue",
                "percentunit",
                "The fullest moment within the watermark window. At 100 % the drain was too late.")
            .yellowRed(0.8, 1)
            .query(
                "device {{device}}, queue {{queue}}",
                max("device, queue", "sluice_ready_queue_entries_max", DEVICE)
                    + " / ("
                    + max("device, queue", "sluice_ready_queue_capacity_entries", DEVICE)
                    + " > 0)"),
        Panel.lines(
                13,
                "Buffers between drain and collectors",
                "percentunit",
                "Fill of the hand-off rings at the moment of the scrape.")
            .query(
                "device {{device}}",
                sum("device", "sluice_handoff_entries", DEVICE)
                    + " / ("
                    + sum("device", "sluice_handoff_capacity_entries", DEVICE)
                    + " > 0)"),
        Panel.lines(
                14,
                "Buffers by owner",
                "short",
                "The sum is the number allocated. Free buffers are what a burst can use up.")
            .stacked()
            .query("{{state}}", sum("state", "sluice_buffers", DEVICE)),
        Panel.lines(15, "Collected", "Bps", "Bytes of records per second that the collectors took.")
            .stacked()
            .query("device {{device}}", rate("device", "sluice_collected_bytes_total", DEVICE)));
  }

  private static List<Panel> stalls() {
    return List.of(
        Panel.lines(
                16,
                "Time that devices wait for the host",
                "percentunit",
                "Summed over the threads of a device. push: ready queue full; pop: free queue"
                    + " empty.")
            .query(
                "device {{device}}: {{gate}}",
                rate("device, gate", "sluice_device_stall_seconds_total", DEVICE)),
        Panel.lines(17, "Waits of devices", "cps", "How often a device thread waited, by gate.")
            .query(
                "device {{device}}: {{gate}}",
                rate("device, gate", "sluice_device_stalls_total", DEVICE)),
        Panel.lines(
                18,
                "Since an agent's last turn",
                "s",
                "At the moment of the scrape. Parked agents take a turn every 10 ms.")
            .yellowRed(1, 10)
            .query(
                "{{agent}}",
                "clamp_min(max by (agent) (timestamp(sluice_agent_last_progress_timestamp_seconds{"
                    + HOST
                    + "}) - sluice_agent_last_progress_timestamp_seconds{"
                    + HOST
                    + "}), 0)"),
        Panel.lines(
                19,
                "Agents held up",
                "cps",
                "Turns per second that took an agent more than a second. Must be 0.")
            .query("{{agent}}", rate("agent", "sluice_agent_stalls_total", HOST)));
  }

  private static List<Panel> sessions() {
    return List.of(
        Panel.lines(
                20,
                "Open sessions",
                "none",
                "By device; 0 is one without a producer. Up is 0 after a failure.")
            .query("device {{device}}", sum("device", "sluice_sessions", DEVICE))
            .query("device {{device}} up", max("device", "sluice_device_up", DEVICE)),
        Panel.lines(
                21,
                "Refused requests",
                "cps",
                "Requests per second that the attach socket refused, by reason.")
            .query("{{reason}}", rate("reason", "sluice_attach_failures_total", HOST)));
  }

  private static List<Panel> capture() {
    return List.of(
        Panel.lines(
                30,
                "Captures on disk",
                "bytes",
                "What captures and snapshots take, and what they may take before the oldest go.")
            .width(8)
            .query("taken", sum("instance", "sluice_capture_retained_bytes", HOST))
            .query("quota", sum("instance", "sluice_capture_quota_bytes", HOST)),
        Panel.lines(
                31,
                "Errors of the disk",
                "cps",
                "Times per second that the disk refused or did not answer, by reason, and that"
                    + " retention could not remove a file.")
            .width(8)
            .query("{{reason}}", rate("reason", "sluice_capture_errors_total", HOST))
            .query("retention", rate("instance", "sluice_capture_retention_failures_total", HOST)),
        Panel.lines(32, "Written into captures", "Bps", "Bytes per second, frame headers included.")
            .width(8)
            .query("written", rate("instance", "sluice_capture_written_bytes_total", HOST)));
  }

  private static List<Panel> process() {
    return List.of(
        Panel.number(
                35,
                "Up since",
                "dateTimeFromNow",
                "When the daemon started; starts are marks on every panel.")
            .width(4)
            .query("start", "max(process_start_time_seconds{" + HOST + "}) * 1000"),
        Panel.lines(36, "Log lines", "cps", "Warnings and errors that the daemon logs.")
            .width(10)
            .query("{{level}}", rate("level", "sluice_log_events_total", HOST))
            .query("discarded", rate("instance", "sluice_log_discarded_events_total", HOST)),
        Panel.number(
                37,
                "Last reload",
                "none",
                "1 if the last reload of the configuration was accepted, 0 if it was refused.")
            .query("accepted", "min(sluice_config_last_reload_successful{" + HOST + "})"),
        Panel.lines(
                38,
                "Heap",
                "bytes",
                "Used and committed. The engine allocates nothing in steady state; scrapes do.")
            .width(8)
            .query("used", sum("area", "jvm_memory_used_bytes", HOST + ",area=\"heap\""))
            .query("committed", sum("area", "jvm_memory_committed_bytes", HOST + ",area=\"heap\"")),
        Panel.lines(
                40,
                "Processor time",
                "percentunit",
                "Of one CPU. Without traffic the daemon takes 1 % or less.")
            .width(8)
            .query("daemon", rate("instance", "process_cpu_seconds_total", HOST)),
        Panel.lines(
                42,
                "Resident memory",
                "bytes",
                "Of the daemon, arenas included. On JDK 17 the kernel counts ZGC's heap several"
                    + " times.")
            .width(8)
            .query("resident", sum("instance", "process_resident_memory_bytes", HOST)),
        Panel.lines(41, "Open files", "short", "File descriptors of the daemon, and its limit.")
            .width(8)
            .query("open", sum("instance", "process_open_fds", HOST))
            .query("limit", sum("instance", "process_max_fds", HOST)));
  }
}
