package dev.sluice.monitoring;

import java.util.ArrayList;
import java.util.List;

/**
 * One panel of a dashboard.
 *
 * @param id stable, because alerts and bookmarks link to it
 * @param unit Grafana's name of the unit, e.g. {@code s} or {@code percentunit}
 * @param width columns out of 24
 * @param isLogarithmic whether the value axis is logarithmic
 * @param thresholds values where it turns yellow and red; empty for none
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
  /** Height of every panel, in Grafana's grid units. */
  static final int HEIGHT = 7;

  /** Panel types, by Grafana's name. */
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

  /** A query with template variables, and the legend of its series. */
  public record Target(String expr, String legend) {}

  public Panel {
    thresholds = List.copyOf(thresholds);
    targets = List.copyOf(targets);
  }

  /** A time series panel. */
  static Panel lines(int id, String title, String unit, String description) {
    return new Panel(
        id, Type.TIMESERIES, title, description, unit, 12, List.of(), false, false, List.of());
  }

  /** A large current value. */
  static Panel number(int id, String title, String unit, String description) {
    return new Panel(
        id, Type.STAT, title, description, unit, 6, List.of(), false, false, List.of());
  }

  Panel width(int columns) {
    return new Panel(
        id, type, title, description, unit, columns, thresholds, isStacked, isLogarithmic, targets);
  }

  /** Turns red from this value on. */
  Panel red(double from) {
    return thresholds(List.of(from));
  }

  /** Turns yellow, then red. */
  Panel yellowRed(double yellow, double red) {
    return thresholds(List.of(yellow, red));
  }

  private Panel thresholds(List<Double> from) {
    return new Panel(
        id, type, title, description, unit, width, from, isStacked, isLogarithmic, targets);
  }

  /** For latencies, which span several orders of magnitude. */
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
