package dev.sluice.monitoring;

import java.util.List;

/**
 * A page of pictures, in rows.
 *
 * @param uid stable: links and bookmarks lead to it
 * @param variables beside data source, job and instance
 */
public record Dashboard(
    String uid, String title, String description, List<Variable> variables, List<Row> rows) {
  /** What the reader chooses: the values of a label of a metric. */
  public record Variable(String name, String label, String metric, String matchers) {}

  /** A headline and what is below it. */
  public record Row(String title, List<Panel> panels) {
    public Row {
      panels = List.copyOf(panels);
    }
  }

  public Dashboard {
    variables = List.copyOf(variables);
    rows = List.copyOf(rows);
  }

  /** All panels, from top to bottom. */
  public List<Panel> panels() {
    return rows.stream().flatMap(row -> row.panels().stream()).toList();
  }
}
