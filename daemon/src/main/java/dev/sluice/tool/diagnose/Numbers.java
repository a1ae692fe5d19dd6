package dev.sluice.tool.diagnose;

/** JSON has no infinity. */
final class Numbers {
  private Numbers() {}

  static Object orNull(double value) {
    return Double.isInfinite(value) || Double.isNaN(value) ? null : (Object) value;
  }
}
