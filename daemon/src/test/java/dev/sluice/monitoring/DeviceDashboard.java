package dev.sluice.monitoring;

import static dev.sluice.monitoring.Dashboards.DEVICE;
import static dev.sluice.monitoring.Dashboards.max;
import static dev.sluice.monitoring.Dashboards.orZero;
import static dev.sluice.monitoring.Dashboards.quantile;
import static dev.sluice.monitoring.Dashboards.rate;
import static dev.sluice.monitoring.Dashboards.sum;

import java.util.List;

/** One device and its session: the accounting law by kind, and each queue. */
final class DeviceDashboard {
  private DeviceDashboard() {}

  static Dashboard make() {
    return new Dashboard(
        "sluice-device",
        "Sluice: one device",
        "The session of one device: what it recorded, what arrived, and what stands between.",
        List.of(Dashboards.DEVICE_VARIABLE),
        List.of(
            new Dashboard.Row("The accounting law", law()),
            new Dashboard.Row("By kind of record", kinds()),
            new Dashboard.Row("On the way", way()),
            new Dashboard.Row("Workload", workload())));
  }

  private static List<Panel> law() {
    return List.of(
        Panel.lines(
                201, "Recorded", "recps", "Records per second that the device set out to write.")
            .width(8)
            .query("device {{device}}", rate("device", "sluice_device_records_total", DEVICE)),
        Panel.lines(202, "Collected", "recps", "Records per second that arrived at a collector.")
            .width(8)
            .query("device {{device}}", rate("device", "sluice_collected_records_total", DEVICE)),
        Panel.lines(
                203, "Dropped", "recps", "Records per second that the device dropped, by cause.")
            .width(8)
            .query("{{cause}}", rate("cause", "sluice_device_dropped_records_total", DEVICE)),
        Panel.number(
                204,
                "Share dropped, last hour",
                "percentunit",
                "Of what the device set out to record in the last hour. Must be 0.")
            .red(1e-12)
            .query(
                "dropped",
                orZero(
                    "sum(increase(sluice_device_dropped_records_total{"
                        + DEVICE
                        + "}[1h])) / (sum(increase(sluice_device_records_total{"
                        + DEVICE
                        + "}[1h])) > 0)")),
        Panel.number(205, "Dropped, last hour", "short", "Records, over all kinds. Must be 0.")
            .red(0.5)
            .query(
                "records",
                orZero("sum(increase(sluice_device_dropped_records_total{" + DEVICE + "}[1h]))")),
        Panel.number(206, "Unaccounted", "short", "Records, now. Must be 0.")
            .red(0.5)
            .query("records", orZero("sum(abs(sluice_unaccounted_records{" + DEVICE + "}))")),
        Panel.number(
                207,
                "Sessions",
                "none",
                "Open sessions of the device; 0 is one without a producer.")
            .query("open", orZero("sum(sluice_sessions{" + DEVICE + "})")));
  }

  private static List<Panel> kinds() {
    return List.of(
        Panel.lines(208, "Recorded, by kind", "recps", "Records per second of each kind.")
            .stacked()
            .query("{{kind}}", rate("kind", "sluice_device_records_total", DEVICE)),
        Panel.lines(209, "Bytes collected, by kind", "Bps", "Bytes per second of each kind.")
            .stacked()
            .query("{{kind}}", rate("kind", "sluice_collected_bytes_total", DEVICE)),
        Panel.lines(
                210,
                "Lowest fill of a free queue",
                "short",
                "Entries in the emptiest free queue of a kind. At 0 the device waits or drops.")
            .query(
                "{{kind}}",
                "min by (kind) (sluice_free_queue_entries_min{"
                    + DEVICE
                    + "} and sluice_free_queue_capacity_entries{"
                    + DEVICE
                    + "} > 0)"),
        Panel.lines(
                211, "Spare buffers", "short", "Buffers of a kind that wait for their next use.")
            .query("{{kind}}", sum("kind", "sluice_buffers", DEVICE + ",state=\"free\"")));
  }

  private static List<Panel> way() {
    return List.of(
        Panel.lines(
                212,
                "Ready queues",
                "short",
                "Full buffers that wait, the most within the watermark window, by AICPU thread.")
            .query("queue {{queue}}", max("queue", "sluice_ready_queue_entries_max", DEVICE)),
        Panel.lines(
                213,
                "Refill latency",
                "s",
                "By kind if sluice.metrics.detail is on, else over all kinds.")
            .logarithmic()
            .query("p50 {{kind}}", quantile(0.5, "kind", "sluice_refill_latency_seconds", DEVICE))
            .query("p99 {{kind}}", quantile(0.99, "kind", "sluice_refill_latency_seconds", DEVICE)),
        Panel.lines(
                214,
                "Ceilings",
                "percentunit",
                "At 100 % the device drops or stalls; cut off at 200 %.")
            .yellowRed(0.8, 1)
            .query(
                "{{ceiling}}",
                "clamp_max(" + max("ceiling", "sluice_ceiling_utilization_ratio", DEVICE) + ", 2)"),
        Panel.lines(215, "Stall time", "percentunit", "Of one device thread, by gate: push or pop.")
            .query("{{gate}}", rate("gate", "sluice_device_stall_seconds_total", DEVICE)));
  }

  private static List<Panel> workload() {
    return List.of(
        Panel.lines(
                216,
                "Core utilization",
                "percentunit",
                "Time that cores ran tasks, by the device's clock, of all cores of a type. Counted"
                    + " while a capture is written.")
            .query(
                "{{core_type}}",
                rate("core_type", "sluice_core_busy_seconds_total", DEVICE)
                    + " / ("
                    + sum("core_type", "sluice_cores", DEVICE)
                    + " > 0)"),
        Panel.lines(217, "Tasks", "cps", "How many tasks cores ended per second, by type of core.")
            .query("{{core_type}}", rate("core_type", "sluice_tasks_total", DEVICE)),
        Panel.lines(
                218,
                "Task duration",
                "s",
                "By type of core; within a decade unless sluice.metrics.detail is on.")
            .logarithmic()
            .query(
                "p50 {{core_type}}",
                quantile(0.5, "core_type", "sluice_task_duration_seconds", DEVICE))
            .query(
                "p99 {{core_type}}",
                quantile(0.99, "core_type", "sluice_task_duration_seconds", DEVICE)),
        Panel.lines(
                219,
                "Dispatch latency",
                "s",
                "Time that tasks waited on their core before they started, p99.")
            .logarithmic()
            .query(
                "p99 {{core_type}}",
                quantile(0.99, "core_type", "sluice_task_dispatch_latency_seconds", DEVICE)));
  }
}
