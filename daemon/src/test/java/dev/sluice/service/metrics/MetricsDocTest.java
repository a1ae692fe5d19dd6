package dev.sluice.service.metrics;

import dev.sluice.docs.GeneratedDoc;
import dev.sluice.service.AttachFailures;
import dev.sluice.service.Labels;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MetricsDocTest {
  @Test
  void shouldDocumentEveryMetric() throws IOException {
    GeneratedDoc.assertUpToDate("metrics.md", render());
  }

  private static String render() {
    StringBuilder page =
        new StringBuilder(
"""
# Metrics

<!-- Generated from Metric.java by MetricsDocTest. Do not edit. -->

`/metrics` serves these by Accept header as text, OpenMetrics or protobuf, gzipped on
request. Names, types and labels are an interface. They are read at a scrape;
no agent of the daemon ever waits for one. Counters count since the daemon started,
over all sessions of a device. The known label sets of a device exist, at 0, from the
first attach on.

Gauges that end in `_max` and `_min` are the extreme within `sluice.watermark.window`,
because a scrape every 15 s cannot see a burst of 10 ms; so is `sluice_ceiling_utilization_ratio`
within `sluice.headroom.window` ([headroom.md](headroom.md) has its formulas). Histograms have
classic buckets, %s, and native ones of schema 3, which protobuf scrapes get.
Metrics of the JVM (`jvm_*`) are those of Micrometer, those of the process (`process_*`) have the
usual names; those of the machine are left to node_exporter.

The accounting law, at every moment, for each device and kind: `sluice_device_records_total` =
`sluice_collected_records_total` + the sum of `sluice_device_dropped_records_total` +
`sluice_salvaged_records_total` + `sluice_never_started_records_total` (of `aicore_task`) +
`sluice_in_flight_records` +
`sluice_unaccounted_records`, and the last is 0.

## How many series

8 devices of 3 AICPU threads each make less than 1,250 series, those of the JVM
included; a test counts them. For that, label values are folded into fewer unless
`sluice.metrics.detail` is on. Labels are the same either way, and so is every sum.

| metric | by default | with `sluice.metrics.detail` |
|---|---|---|
| `sluice_refill_latency_seconds` | `kind` is `all` | each kind by itself |
| histograms | %s | %s |
| `sluice_buffers` | `state` is `free`, `free_queue`, `in_use`; `retired` if there are any | each state |
| `sluice_abi_violations_total` | `reason` is `entry`, `pointer`, `count`, `sequence` | each reason |
| `sluice_device_dropped_records_total` | at 0 from attach: `host_late`, `pool_exhausted`, `ready_queue_full`, and `inferred` of `aicore_task`; another cause appears when it counts | every cause, from attach |
| `sluice_in_flight_records` | left out; it is the rest of the law above | exported |
| `jvm_*` | without class counts, thread states and buffer counts | all |

For one device that is 4 kinds x 13 + 3 + histograms of 13 and 10 + 19 + 3 for each AICPU
thread + 30 of its cores, about 130. `/api/v1/status` and `/api/v1/sessions` tell everything apart at
all times.

## List

| metric | type | labels | meaning |
|---|---|---|---|
"""
                .formatted(
                    bounds(Resolution.COARSE), bounds(Resolution.COARSE), bounds(Resolution.FINE)));
    for (Metric metric : Metric.values()) {
      page.append(
          String.format(
              "| `%s` | %s | %s | %s |%n",
              metric.exposedName(),
              metric.type().name().toLowerCase(Locale.ROOT),
              quoted(metric.labels()),
              metric.help()));
    }
    page.append("\n## Label values\n\n| label | values |\n|---|---|\n");
    row(page, "`device`", "the device id of the attach request");
    row(page, "`queue`", "the AICPU thread, from 0; the queues of `pmu` and `scope_stats` follow");
    row(
        page,
        "`kind`",
        quoted(Labels.KINDS)
            + "; `pmu` and `scope_stats` from the first run of a device that has them; `all` for a"
            + " histogram over all");
    row(page, "`cause`", quoted(Labels.DROP_CAUSES));
    row(page, "`state`", quoted(Labels.BUFFER_STATES));
    row(page, "`gate`", quoted(Labels.GATES));
    row(page, "`ceiling`", quoted(Labels.CEILINGS));
    row(page, "`reason` of `sluice_abi_violations_total`", quoted(Labels.ABI_VIOLATIONS));
    row(
        page,
        "`reason` of `sluice_attach_failures_total`",
        quoted(new AttachFailures().byReason().keySet()));
    row(page, "`level`", quoted(List.of("warn", "error")));
    row(page, "`agent`", "the agent's role, as in its thread name");
    return page.toString();
  }

  private static String bounds(Resolution resolution) {
    double[] bounds = resolution.bounds(Metric.REFILL_LATENCY);
    return bounds.length
        - 1
        + " bounds, "
        + Math.round(bounds[0] * 1e6)
        + " us to "
        + Math.round(bounds[bounds.length - 2])
        + " s";
  }

  private static void row(StringBuilder page, String label, String values) {
    page.append("| ").append(label).append(" | ").append(values).append(" |\n");
  }

  private static String quoted(Collection<String> values) {
    return values.stream().map(value -> "`" + value + "`").collect(Collectors.joining(", "));
  }
}
