package dev.sluice.monitoring;

import java.util.ArrayList;
import java.util.List;

/**
 * One picture of a dashboard.
 *
 * @param id stable: alerts and bookmarks lead to it by this number
 * @param unit Grafana's name of the unit, e.g. {@code s} or {@code percentunit}
 * @param width of 24 columns
 * @param isLogarithmic whether the axis of values is
 * @param thresholds values from which on it turns yellow and red; empty for none
 */
public record Panel(
    int id,
    Type type,
    String title,
    String description,
    String unit,
    int width,
    List<Double> thresholds,
    boolean isStacked,
    boolean isLogarithmic,
    List<Target> targets) {
  /** How high every panel is, in Grafana's rows. */
  static final int HEIGHT = 7;

  /** Kinds of picture, by their name in Grafana. */
  public enum Type {
    TIMESERIES("timeseries"),
    STAT("stat");

    private final String grafanaName;

    Type(String grafanaName) {
      this.grafanaName = grafanaName;
    }

    String grafanaName() {
      return grafanaName;
    }
  }

  /** A query, with variables, and how its series are named. */
  public record Target(String expr, String legend) {}

  public Panel {
    thresholds = List.copyOf(thresholds);
    targets = List.copyOf(targets);
  }

  /** Lines over time. */
  static Panel lines(int id, String title, String unit, String description) {
    return new Panel(
        id, Type.TIMESERIES, title, description, unit, 12, List.of(), false, false, List.of());
  }

  /** The present value, large. */
  static Panel number(int id, String title, String unit, String description) {
    return new Panel(
        id, Type.STAT, title, description, unit, 6, List.of(), false, false, List.of());
  }

  Panel width(int columns) {
    return new Panel(
        id, type, title, description, unit, columns, thresholds, isStacked, isLogarithmic, targets);
  }

  /** Red from here on. */
  Panel red(double from) {
    return thresholds(List.of(from));
  }

  /** Yellow, then red. */
  Panel yellowRed(double yellow, double red) {
    return thresholds(List.of(yellow, red));
  }

  private Panel thresholds(List<Double> from) {
    return new Panel(
        id, type, title, description, unit, width, from, isStacked, isLogarithmic, targets);
  }

  /** For latencies, of which some are a thousand times as long as others. */
  Panel logarithmic() {
    return new Panel(
        id, type, title, description, unit, width, thresholds, isStacked, true, targets);
  }

  Panel stacked() {
    return new Panel(
        id, type, title, description, unit, width, thresholds, true, isLogarithmic, targets);
  }

  Panel query(String legend, String expr) {
    List<Target> more = new ArrayList<>(targets);
    more.add(new Target(expr, legend));
    return new Panel(
        id, type, title, description, unit, width, thresholds, isStacked, isLogarithmic, more);
  }
}
