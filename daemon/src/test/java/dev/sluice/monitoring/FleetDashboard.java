package dev.sluice.monitoring;

import static dev.sluice.monitoring.Dashboards.HOST;
import static dev.sluice.monitoring.Dashboards.max;
import static dev.sluice.monitoring.Dashboards.orZero;
import static dev.sluice.monitoring.Dashboards.rate;
import static dev.sluice.monitoring.Dashboards.sum;

import java.util.List;

/** All hosts on one page: where records are lost, and which hosts are close to it. */
final class FleetDashboard {
  private FleetDashboard() {}

  static Dashboard make() {
    return new Dashboard(
        "sluice-fleet",
        "Sluice: fleet",
        "Every host: whether a record was lost anywhere, and which host is near to it.",
        List.of(),
        List.of(
            new Dashboard.Row("Is everything there?", now()),
            new Dashboard.Row("Loss by host", loss()),
            new Dashboard.Row("How near and how much", load())));
  }

  private static List<Panel> now() {
    return List.of(
        Panel.number(
                101,
                "Daemons down",
                "none",
                "Daemons that the last scrape did not reach. Must be 0.")
            .width(4)
            .red(1)
            .query("down", "count(up{" + HOST + "} == 0) or vector(0)"),
        Panel.number(
                102,
                "Dropped, last hour",
                "short",
                "Records that devices dropped in the last hour, over all hosts. Must be 0.")
            .width(5)
            .red(0.5)
            .query(
                "records",
                orZero("sum(increase(sluice_device_dropped_records_total{" + HOST + "}[1h]))")),
        Panel.number(
                103,
                "Unaccounted",
                "short",
                "Records that are neither collected nor counted as lost, now. Must be 0.")
            .width(5)
            .red(0.5)
            .query("records", orZero("sum(abs(sluice_unaccounted_records{" + HOST + "}))")),
        Panel.number(
                104, "Devices attached", "none", "Devices with an open session, over all hosts.")
            .width(5)
            .query("devices", orZero("sum(sluice_sessions{" + HOST + "} > bool 0)")),
        Panel.number(
                105,
                "Nearest ceiling",
                "percentunit",
                "The highest of all devices and ceilings; at 100 % a device drops or stalls.")
            .width(5)
            .yellowRed(0.8, 1)
            .query("used", orZero("max(sluice_ceiling_utilization_ratio{" + HOST + "})")));
  }

  private static List<Panel> loss() {
    return List.of(
        Panel.lines(
                106,
                "Dropped by devices",
                "recps",
                "Records per second that the devices of a host dropped. Must be 0.")
            .query("{{instance}}", rate("instance", "sluice_device_dropped_records_total", HOST)),
        Panel.lines(
                107,
                "Lost between collector and disk",
                "recps",
                "Records per second that were collected and are in no capture. Must be 0.")
            .query("{{instance}}", rate("instance", "sluice_capture_lost_records_total", HOST)));
  }

  private static List<Panel> load() {
    return List.of(
        Panel.lines(
                108,
                "Nearest ceiling by host",
                "percentunit",
                "The highest of the devices and ceilings of a host; at 100 % it drops or stalls."
                    + " Cut off at 200 %.")
            .yellowRed(0.8, 1)
            .query(
                "{{instance}}",
                "clamp_max(" + max("instance", "sluice_ceiling_utilization_ratio", HOST) + ", 2)"),
        Panel.lines(
                109,
                "Collected",
                "Bps",
                "Bytes of records per second that the collectors of a host took.")
            .query("{{instance}}", rate("instance", "sluice_collected_bytes_total", HOST)),
        Panel.lines(
                110,
                "Refill latency, p99",
                "s",
                "From a full buffer published to its replacement visible, by host.")
            .logarithmic()
            .query(
                "{{instance}}",
                Dashboards.quantile(0.99, "instance", "sluice_refill_latency_seconds", HOST)),
        Panel.lines(
                111,
                "Stall time",
                "percentunit",
                "Share of the time in which device threads wait for the host, summed over them.")
            .query("{{instance}}", rate("instance", "sluice_device_stall_seconds_total", HOST)),
        Panel.lines(
                112,
                "Processor time of the daemons",
                "percentunit",
                "Of one CPU; spinning agents of a busy device take one each.")
            .query("{{instance}}", rate("instance", "process_cpu_seconds_total", HOST)),
        Panel.lines(
                113,
                "Open sessions",
                "none",
                "Sessions that are open on a host, and starts of its daemon as marks.")
            .query("{{instance}}", sum("instance", "sluice_sessions", HOST)),
        Panel.number(
                114,
                "Versions",
                "none",
                "How many daemons run which version; more than one is a rollout under way.")
            .width(8)
            .query(
                "{{version}} ({{revision}}), Java {{java_version}}",
                "count by (version, revision, java_version) (sluice_build_info{" + HOST + "})"));
  }
}
