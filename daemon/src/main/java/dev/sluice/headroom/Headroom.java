package dev.sluice.headroom;

import java.util.Arrays;

/**
 * Use of every ceiling at one moment; immutable. 0 is idle, 1 is at the ceiling, and higher values
 * show by how much it was exceeded. Never negative, infinite or NaN.
 */
public final class Headroom {
  /** Nothing is running. */
  public static final Headroom IDLE = new Headroom(noRatios(), noRatios());

  /** How far {@link #worst} looks back. */
  public static final long WORST_NANOS = 60_000_000_000L;

  /** A ceiling counts as reached from here. */
  public static final double REACHED = 0.9;

  private final double[] now;
  private final double[] worst;

  /**
   * @param now by ordinal of {@link Ceiling}
   * @param worst by ordinal of {@link Ceiling}
   */
  public Headroom(double[] now, double[] worst) {
    this.now = now.clone();
    this.worst = worst.clone();
  }

  private static double[] noRatios() {
    return new double[Ceiling.ALL.size()];
  }

  /** Returns the highest use within the last {@code sluice.headroom.window}. */
  public double ratio(Ceiling ceiling) {
    return now[ceiling.ordinal()];
  }

  /** Returns the highest {@link #ratio} within the last minute. */
  public double worst(Ceiling ceiling) {
    return worst[ceiling.ordinal()];
  }

  /**
   * Returns the nearest ceiling within the last minute. If several were reached, returns the one
   * farthest from the device: a blocked stage delays the stages before it.
   */
  public Ceiling nearest() {
    Ceiling nearest = Ceiling.CONTROL_PATH;
    for (Ceiling ceiling : Ceiling.ALL) {
      if (worst(ceiling) > worst(nearest) || worst(ceiling) >= REACHED) {
        nearest = ceiling;
      }
    }
    return nearest;
  }

  /** Returns the nearer of two sessions for each ceiling: the use of a device that serves both. */
  public Headroom nearerOf(Headroom other) {
    double[] nearerNow = now.clone();
    double[] nearerWorst = worst.clone();
    for (int i = 0; i < nearerNow.length; i++) {
      nearerNow[i] = Math.max(now[i], other.now[i]);
      nearerWorst[i] = Math.max(worst[i], other.worst[i]);
    }
    return new Headroom(nearerNow, nearerWorst);
  }

  /** Returns the headroom after the end of a run: idle now, with the worst values kept. */
  public Headroom ended() {
    return new Headroom(noRatios(), worst);
  }

  @Override
  public String toString() {
    return "now " + Arrays.toString(now) + ", worst " + Arrays.toString(worst);
  }
}
