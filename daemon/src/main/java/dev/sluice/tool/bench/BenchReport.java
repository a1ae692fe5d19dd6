package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.Verdict;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.MachineFacts;
import dev.sluice.tool.measure.MachineNoise;
import dev.sluice.tool.measure.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The results of a bench as a table for people and as one JSON object for scripts. */
final class BenchReport {
  private static final String ROW = "  %-36s %18s %18s  %s%n";

  private final List<Row> rows = new ArrayList<>();
  private final MachineFacts machine = MachineFacts.ofThisMachine();
  private final String version;
  private final int runs;
  private final boolean isQuick;

  /**
   * @param version of Sluice, as in {@code --version}
   */
  BenchReport(String version, int runs, boolean isQuick) {
    this.version = version;
    this.runs = runs;
    this.isQuick = isQuick;
  }

  void add(Workload workload, Measurement measurement, MachineNoise noise) {
    rows.add(new Row(workload, measurement, noise));
  }

  void addFailure(Workload workload, String reason) {
    rows.add(new Row(workload, reason));
  }

  /** Returns whether every workload ran; a missed target is a result, not a failure. */
  boolean isComplete() {
    return rows.stream().allMatch(row -> row.failure == null);
  }

  /** Returns the table rows of the last workload, to show as soon as they are known. */
  String lastRow() {
    return rows.get(rows.size() - 1).text();
  }

  String head() {
    return String.format("%s%n", machine)
        + String.format("medians of %d runs%s%n", runs, isQuick ? ", quick" : "")
        + "Producers of l2 layouts are pinned to CPU 0, because a device has a processor of its"
        + " own.\n\n"
        + String.format(ROW, "figure", "value", "target", "");
  }

  Map<String, Object> toJson() throws ToolException {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("schema", BenchResults.SCHEMA);
    object.put("schema_version", BenchResults.SCHEMA_VERSION);
    object.put("version", version);
    object.put("machine", machine.toJson());
    object.put("java_version", machine.javaVersion());
    object.put("processors", machine.processors());
    object.put("runs", runs);
    object.put("quick", isQuick);
    List<Map<String, Object>> workloads = new ArrayList<>();
    for (Row row : rows) {
      workloads.add(row.toJson());
    }
    object.put("workloads", workloads);
    object.put("ratios", ratios().stream().map(Ratio.Value::toJson).toList());
    return object;
  }

  /** Returns the ratios for which both sides ran; empty if there are none. */
  String ratioTable() {
    List<Ratio.Value> values = ratios();
    if (values.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("\nRatios, and their range over the runs:\n");
    values.forEach(value -> text.append(value.text()).append('\n'));
    return text.toString();
  }

  private List<Ratio.Value> ratios() {
    Map<String, Figure> firstFigures = new LinkedHashMap<>();
    for (Row row : rows) {
      row.measurement.figures().stream()
          .findFirst()
          .ifPresent(figure -> firstFigures.put(row.workload.name(), figure));
    }
    return Ratio.all().stream().flatMap(ratio -> ratio.of(firstFigures).stream()).toList();
  }

  private static final class Row {
    private final Workload workload;
    private final Measurement measurement;
    private final MachineNoise noise;
    private final String failure;

    Row(Workload workload, Measurement measurement, MachineNoise noise) {
      this.workload = workload;
      this.measurement = measurement;
      this.noise = noise;
      this.failure = null;
    }

    Row(Workload workload, String failure) {
      this.workload = workload;
      this.measurement = new Measurement(List.of(), List.of());
      this.noise = null;
      this.failure = failure;
    }

    String text() {
      StringBuilder text = new StringBuilder();
      text.append(workload.name()).append(": ").append(workload.description()).append('\n');
      if (failure != null) {
        return text.append("  failed: ").append(failure).append('\n').toString();
      }
      for (Figure figure : measurement.figures()) {
        text.append(
            String.format(
                ROW,
                figure.name(),
                figure.unit().format(figure.value()),
                figure.targetText(),
                figure.hasTarget() ? (figure.isMet() ? "met" : "MISSED") : ""));
      }
      text.append("  ").append(noise);
      if (!measurement.runs().isEmpty()) {
        text.append(", longest poll gap ")
            .append(Unit.SECONDS.format(measurement.longestPollGapSeconds()));
      }
      return text.append('\n').toString();
    }

    Map<String, Object> toJson() throws ToolException {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("name", workload.name());
      object.put("version", workload.version());
      object.put("description", workload.description());
      if (failure != null) {
        object.put("failure", failure);
        return object;
      }
      object.put("figures", measurement.figures().stream().map(Figure::toJson).toList());
      Map<String, Object> machine = new LinkedHashMap<>(noise.toJson());
      machine.put("longest_poll_gap_seconds", measurement.longestPollGapSeconds());
      object.put("machine", machine);
      if (!measurement.runs().isEmpty()) {
        RunReport median = measurement.medianRun();
        object.putAll(median.toJson(Verdict.of(median, false).sentence()));
      }
      object.putAll(measurement.details());
      return object;
    }
  }
}
