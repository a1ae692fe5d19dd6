package dev.sluice.tool.diagnose;

import dev.sluice.headroom.Ceiling;
import dev.sluice.tool.measure.Unit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The arithmetic of the three ceilings: from measured terms to the highest drop-free rate and the
 * longest survivable burst. Pure: measures nothing, and no term has a default.
 *
 * <p>R is the rate of the device, S the usable free-queue slots, B the bytes of a buffer, L the
 * worst refill latency, P the bytes available to a burst, C the give-back rate of the collectors
 * and T the length of the burst. Nothing is lost while
 *
 * <pre>
 *   control path       R * L      <= S * B   of every pool
 *   buffer life cycle  (R - C) * T <= P
 *   bandwidth          R          <= C       in the long run
 * </pre>
 *
 * @param shape the buffers
 * @param latencySeconds L
 * @param giveBackBytesPerSecond C
 */
record CeilingModel(Shape shape, double latencySeconds, double giveBackBytesPerSecond) {

  /**
   * Returns P: the bytes available to a burst that may start at any moment. A pool whose current
   * buffer is almost full has one buffer less; the kind that exhausts its buffers first decides.
   */
  double burstBytes() {
    return shape.firstToExhaust().spareBytes();
  }

  /** The rate at which the worst refill empties the free queues of the first kind to starve. */
  Limit controlPath() {
    Shape.PoolKind kind = shape.firstToStarve();
    double rate = kind.slotBytes() / latencySeconds;
    return Limit.ofRate(
        Ceiling.CONTROL_PATH,
        rate,
        String.format(
            Locale.ROOT,
            "S * B * pools / share / L = %d * %s * %d / %.2f / %s = %s (%s)",
            kind.usableSlots(),
            Unit.BYTES.format(kind.bufferBytes()),
            kind.pools(),
            kind.share(),
            Unit.SECONDS.format(latencySeconds),
            Unit.BYTES_PER_SECOND.format(rate),
            kind.kind()));
  }

  /** Returns the rate at which a burst of this length uses up P. */
  Limit lifecycle(double burstSeconds) {
    double rate = giveBackBytesPerSecond + burstBytes() / burstSeconds;
    return Limit.ofRate(
        Ceiling.BUFFER_LIFECYCLE,
        rate,
        String.format(
            Locale.ROOT,
            "C + P / T = %s + %s / %s = %s",
            Unit.BYTES_PER_SECOND.format(giveBackBytesPerSecond),
            Unit.BYTES.format(burstBytes()),
            Unit.SECONDS.format(burstSeconds),
            Unit.BYTES_PER_SECOND.format(rate)));
  }

  /** Returns the sustained give-back rate. */
  Limit bandwidth() {
    return Limit.ofRate(
        Ceiling.BANDWIDTH,
        giveBackBytesPerSecond,
        "C = " + Unit.BYTES_PER_SECOND.format(giveBackBytesPerSecond) + ", measured");
  }

  /** The ceilings of a steady rate, lowest first; the pool delays the last one for a while. */
  List<Limit> ceilings(double runSeconds) {
    return List.of(controlPath(), lifecycle(runSeconds), bandwidth()).stream()
        .sorted(Comparator.comparingDouble(Limit::value))
        .toList();
  }

  /** Returns the ceiling that binds a steady rate in the long run. */
  Limit binding() {
    Limit control = controlPath();
    Limit bandwidth = bandwidth();
    return control.value() < bandwidth.value() ? control : bandwidth;
  }

  /**
   * Returns the highest drop-free rate of a run of this length: the control path's limit, or the
   * give-back rate plus what the buffers absorb during the run.
   */
  Limit rate(double runSeconds) {
    Limit control = controlPath();
    Limit finite = lifecycle(runSeconds);
    boolean isControl = control.value() <= finite.value();
    Limit lower = isControl ? control : finite;
    return Limit.ofRate(
        isControl ? Ceiling.CONTROL_PATH : Ceiling.BANDWIDTH, lower.value(), lower.arithmetic());
  }

  /** Returns the longest burst at this rate without losses. */
  Limit burst(double bytesPerSecond) {
    if (bytesPerSecond > controlPath().value()) {
      return new Limit(
          Ceiling.CONTROL_PATH,
          Unit.SECONDS,
          latencySeconds,
          "the rate is above the control path's "
              + Unit.BYTES_PER_SECOND.format(controlPath().value())
              + ": any burst that meets the worst refill latency loses records");
    }
    if (bytesPerSecond <= giveBackBytesPerSecond) {
      return new Limit(
          Ceiling.BANDWIDTH,
          Unit.SECONDS,
          Double.POSITIVE_INFINITY,
          "R = "
              + Unit.BYTES_PER_SECOND.format(bytesPerSecond)
              + " <= C = "
              + Unit.BYTES_PER_SECOND.format(giveBackBytesPerSecond)
              + ": given back as fast as it comes");
    }
    double seconds = burstBytes() / (bytesPerSecond - giveBackBytesPerSecond);
    return new Limit(
        Ceiling.BUFFER_LIFECYCLE,
        Unit.SECONDS,
        seconds,
        String.format(
            Locale.ROOT,
            "P / (R - C) = %s / (%s - %s) = %s",
            Unit.BYTES.format(burstBytes()),
            Unit.BYTES_PER_SECOND.format(bytesPerSecond),
            Unit.BYTES_PER_SECOND.format(giveBackBytesPerSecond),
            Unit.SECONDS.format(seconds)));
  }

  /** Returns the same terms with other buffers. */
  CeilingModel withShape(Shape other) {
    return new CeilingModel(other, latencySeconds, giveBackBytesPerSecond);
  }

  /** Returns the same terms with another worst latency. */
  CeilingModel withLatency(double seconds) {
    return new CeilingModel(shape, seconds, giveBackBytesPerSecond);
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("latency_seconds", latencySeconds);
    object.put("give_back_bytes_per_second", giveBackBytesPerSecond);
    object.put("burst_bytes", burstBytes());
    object.put("control_path_bytes_per_second", controlPath().value());
    return object;
  }
}
