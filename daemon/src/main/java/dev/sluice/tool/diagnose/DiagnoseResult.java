package dev.sluice.tool.diagnose;

import dev.sluice.tool.CeilingKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Everything that a diagnosis has brought to light so far. Filled by one thread, step by step. */
final class DiagnoseResult {
  private final Effort effort;
  private final double targetBytesPerSecond;
  private final boolean isPrivate;
  private final QuietCheck quiet = new QuietCheck();
  private final List<Term> hostTerms = new ArrayList<>();
  private final List<ShapeResult> shapes = new ArrayList<>();
  private final List<LayoutPrediction> layouts = new ArrayList<>();
  private Term storage;
  private boolean isPartial = true;

  /**
   * @param targetBytesPerSecond the rate to judge; 0 for none
   * @param isPrivate measured on daemons of our own
   */
  DiagnoseResult(Effort effort, double targetBytesPerSecond, boolean isPrivate) {
    this.effort = effort;
    this.targetBytesPerSecond = targetBytesPerSecond;
    this.isPrivate = isPrivate;
  }

  /**
   * What the terms of this machine mean for another layout or slot count.
   *
   * @param bytesPerSecond the highest drop-free rate
   * @param burstBytes what a burst finds room in beyond what is given back meanwhile
   */
  record LayoutPrediction(
      String layout, int slots, double bytesPerSecond, CeilingKind binding, double burstBytes) {}

  Effort effort() {
    return effort;
  }

  double targetBytesPerSecond() {
    return targetBytesPerSecond;
  }

  boolean isPrivate() {
    return isPrivate;
  }

  QuietCheck quiet() {
    return quiet;
  }

  /** Terms that need no daemon. */
  List<Term> hostTerms() {
    return hostTerms;
  }

  List<ShapeResult> shapes() {
    return shapes;
  }

  List<LayoutPrediction> layouts() {
    return layouts;
  }

  void storage(Term term) {
    storage = term;
  }

  /** What the disk takes, if that was measured. */
  Optional<Term> storage() {
    return Optional.ofNullable(storage);
  }

  void complete() {
    isPartial = false;
  }

  /** Something is missing: the diagnosis was interrupted. */
  boolean isPartial() {
    return isPartial;
  }

  /** The device that the verdict is about: the first one whose terms are complete. */
  Optional<ShapeResult> main() {
    return shapes.stream().filter(shape -> shape.model() != null).findFirst();
  }
}
