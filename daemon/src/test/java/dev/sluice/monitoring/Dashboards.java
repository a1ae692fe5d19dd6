package dev.sluice.monitoring;

import java.util.List;

/** The dashboards of deploy/grafana. */
public final class Dashboards {
  /** Label matchers in every query. */
  static final String HOST = "job=~\"$job\",instance=~\"$instance\"";

  /** Same, restricted to the selected devices. */
  static final String DEVICE = HOST + ",device=~\"$device\"";

  static final String RATE = "[$__rate_interval]";

  static final Dashboard.Variable DEVICE_VARIABLE =
      new Dashboard.Variable("device", "Device", "sluice_device_up", HOST);

  /** An annotation on the time axis of every dashboard. */
  record Annotation(String name, String colour, String expr, String text) {}

  static final List<Annotation> ANNOTATIONS =
      List.of(
          new Annotation(
              "Restart",
              "blue",
              "changes(process_start_time_seconds{" + HOST + "}[$__rate_interval]) > 0",
              "The daemon on {{instance}} has started"),
          new Annotation(
              "Drops",
              "red",
              "sum by (instance, device) (increase(sluice_device_dropped_records_total{"
                  + HOST
                  + "}[$__rate_interval])) > 0",
              "Device {{device}} on {{instance}} dropped records"),
          new Annotation(
              "Stalled agent",
              "orange",
              "sum by (instance, agent) (increase(sluice_agent_stalls_total{"
                  + HOST
                  + "}[$__rate_interval])) > 0",
              "Agent {{agent}} on {{instance}} was held up"));

  private Dashboards() {}

  /** Returns the dashboards in drill-down order. */
  public static List<Dashboard> all() {
    return List.of(FleetDashboard.make(), HostDashboard.make(), DeviceDashboard.make());
  }

  /** Returns the expressions of the annotations. */
  public static List<String> annotations() {
    return ANNOTATIONS.stream().map(Annotation::expr).toList();
  }

  /** {@code sum by (labels) (rate(metric{matchers}[...]))}. */
  static String rate(String by, String metric, String matchers) {
    return "sum by (" + by + ") (rate(" + metric + "{" + matchers + "}" + RATE + "))";
  }

  /** {@code sum by (labels) (metric{matchers})}. */
  static String sum(String by, String metric, String matchers) {
    return "sum by (" + by + ") (" + metric + "{" + matchers + "})";
  }

  /** {@code max by (labels) (metric{matchers})}. */
  static String max(String by, String metric, String matchers) {
    return "max by (" + by + ") (" + metric + "{" + matchers + "})";
  }

  /**
   * Returns a quantile of a histogram by labels, from classic buckets or, where Prometheus stores
   * those instead, from native ones.
   */
  static String quantile(double quantile, String by, String metric, String matchers) {
    return "histogram_quantile("
        + quantile
        + ", "
        + rate((by + ", le"), metric + "_bucket", matchers)
        + ") or histogram_quantile("
        + quantile
        + ", "
        + rate(by, metric, matchers)
        + ")";
  }

  /** Substitutes 0 while no series exists. */
  static String orZero(String expression) {
    return "(" + expression + ") or vector(0)";
  }
}
