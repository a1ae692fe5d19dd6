package dev.sluice.headroom;

import java.util.Arrays;

/**
 * How near every ceiling is, at one moment; immutable. 0 is idle, 1 is at the ceiling, and more
 * says by how much it was exceeded. Never negative, infinite or not a number.
 */
public final class Headroom {
  /** Nothing runs. */
  public static final Headroom IDLE = new Headroom(noRatios(), noRatios());

  /** How far {@link #worst} looks back. */
  public static final long WORST_NANOS = 60_000_000_000L;

  /** From here on a ceiling is taken as reached. */
  public static final double REACHED = 0.9;

  private final double[] now;
  private final double[] worst;

  /**
   * @param now by ordinal of {@link Ceiling}
   * @param worst likewise
   */
  public Headroom(double[] now, double[] worst) {
    this.now = now.clone();
    this.worst = worst.clone();
  }

  private static double[] noRatios() {
    return new double[Ceiling.ALL.size()];
  }

  /** Within the last {@code sluice.headroom.window}. */
  public double ratio(Ceiling ceiling) {
    return now[ceiling.ordinal()];
  }

  /** The highest that {@link #ratio} was within the last minute. */
  public double worst(Ceiling ceiling) {
    return worst[ceiling.ordinal()];
  }

  /**
   * The ceiling that was nearest within the last minute. Of several that were reached it is the one
   * farthest from the device: a stage that is held up makes the stages before it late as well.
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

  /** For each ceiling the nearer of two sessions: what a device has with both. */
  public Headroom nearerOf(Headroom other) {
    double[] nearerNow = now.clone();
    double[] nearerWorst = worst.clone();
    for (int i = 0; i < nearerNow.length; i++) {
      nearerNow[i] = Math.max(now[i], other.now[i]);
      nearerWorst[i] = Math.max(worst[i], other.worst[i]);
    }
    return new Headroom(nearerNow, nearerWorst);
  }

  /** Nothing runs any more; what was the worst stays. */
  public Headroom ended() {
    return new Headroom(noRatios(), worst);
  }

  @Override
  public String toString() {
    return "now " + Arrays.toString(now) + ", worst " + Arrays.toString(worst);
  }
}
