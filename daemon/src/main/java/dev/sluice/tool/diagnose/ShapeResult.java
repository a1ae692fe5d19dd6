package dev.sluice.tool.diagnose;

import dev.sluice.tool.RunReport;
import java.util.ArrayList;
import java.util.List;

/** What was measured, predicted and found for one device. Filled step by step. */
final class ShapeResult {
  private final ShapeRequest request;
  private final Shape shape;
  private final double runSeconds;
  private final List<Term> terms = new ArrayList<>();
  private final List<Comparison> comparisons = new ArrayList<>();
  private List<EdgeSearch.Point> ratePoints = List.of();
  private List<EdgeSearch.Point> burstPoints = List.of();
  private double burstRate;
  private CeilingModel model;
  private RunReport typical;
  private HostProbes.Pauses pauses;
  private String note = "";

  /**
   * @param runSeconds length of a run at a steady rate
   */
  ShapeResult(ShapeRequest request, Shape shape, double runSeconds) {
    this.request = request;
    this.shape = shape;
    this.runSeconds = runSeconds;
  }

  /**
   * An edge as the model has it, and as runs have it.
   *
   * @param what {@code rate} or {@code burst}
   */
  record Comparison(String what, Prediction predicted, EdgeSearch.Edge found) {
    /** There is an edge on both sides. */
    boolean isComparable() {
      return !found.isAtLeast() && found.value() > 0 && Double.isFinite(predicted.value());
    }

    /** Positive if the model promises too much; NaN where there is nothing to compare. */
    double error() {
      return isComparable() ? predicted.value() / found.value() - 1 : Double.NaN;
    }

    String foundText() {
      Unit unit = predicted.unit();
      if (found.isAtLeast()) {
        return ">= " + unit.format(found.value());
      }
      return found.value() == 0 ? "none clean" : unit.format(found.value());
    }
  }

  void add(Term term) {
    terms.add(term);
  }

  void model(CeilingModel built, RunReport of) {
    model = built;
    typical = of;
  }

  void pauses(HostProbes.Pauses seen) {
    pauses = seen;
  }

  void note(String text) {
    note = text;
  }

  void rate(Prediction predicted, EdgeSearch.Edge found, List<EdgeSearch.Point> points) {
    comparisons.add(new Comparison("rate", predicted, found));
    ratePoints = List.copyOf(points);
  }

  void burst(
      double rate, Prediction predicted, EdgeSearch.Edge found, List<EdgeSearch.Point> points) {
    comparisons.add(new Comparison("burst", predicted, found));
    burstRate = rate;
    burstPoints = List.copyOf(points);
  }

  /** The device, as progress and notes name them. */
  String title() {
    return request.cores() + " cores";
  }

  /** The term of this name, which was added. */
  Term term(String name) {
    return terms.stream().filter(term -> term.name().equals(name)).findFirst().orElseThrow();
  }

  ShapeRequest request() {
    return request;
  }

  Shape shape() {
    return shape;
  }

  double runSeconds() {
    return runSeconds;
  }

  List<Term> terms() {
    return List.copyOf(terms);
  }

  List<Comparison> comparisons() {
    return List.copyOf(comparisons);
  }

  List<EdgeSearch.Point> ratePoints() {
    return ratePoints;
  }

  List<EdgeSearch.Point> burstPoints() {
    return burstPoints;
  }

  /** At which rate the bursts came; 0 if there were none. */
  double burstRate() {
    return burstRate;
  }

  /** Null until the terms are there. */
  CeilingModel model() {
    return model;
  }

  /** The run whose worst latency is the median one; null until there is one. */
  RunReport typical() {
    return typical;
  }

  /** Null if nobody looked. */
  HostProbes.Pauses pauses() {
    return pauses;
  }

  /** What else there is to say; empty if nothing. */
  String note() {
    return note;
  }
}
