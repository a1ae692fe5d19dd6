package dev.sluice.monitoring;

import java.util.List;

/**
 * A dashboard of panels in rows.
 *
 * @param uid stable, because links and bookmarks refer to it
 * @param variables in addition to data source, job and instance
 */
public record Dashboard(
    String uid, String title, String description, List<Variable> variables, List<Row> rows) {
  /** A template variable: the values of a metric's label. */
  public record Variable(String name, String label, String metric, String matchers) {}

  /** A titled row of panels. */
  public record Row(String title, List<Panel> panels) {
    public Row {
      panels = List.copyOf(panels);
    }
  }

  public Dashboard {
    variables = List.copyOf(variables);
    rows = List.copyOf(rows);
  }

  /** Returns all panels, from top to bottom. */
  public List<Panel> panels() {
    return rows.stream().flatMap(row -> row.panels().stream()).toList();
  }
}
