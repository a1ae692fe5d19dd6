package dev.sluice.tool.diagnose;

import dev.sluice.headroom.Ceiling;
import dev.sluice.tool.measure.Unit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The three ceilings as arithmetic: from measured terms to the highest drop-free rate and the
 * longest survivable burst. Pure; nothing here is measured, and no term has a default.
 *
 * <p>With R the rate of the device, S the usable free-queue slots, B the bytes of a buffer, L the
 * worst refill latency, P the bytes a burst can count on, C what the collectors give back and T the
 * length of the burst, nothing is lost while
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
   * P: what a burst can count on that comes at any moment. A pool whose current buffer is almost
   * full has one buffer less, and the kind with the smallest buffers is the first to be empty.
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

  /** The rate at which a burst of this length uses up what it can count on. */
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

  /** What can be given back in the long run. */
  Limit bandwidth() {
    return Limit.ofRate(
        Ceiling.BANDWIDTH,
        giveBackBytesPerSecond,
        "C = " + Unit.BYTES_PER_SECOND.format(giveBackBytesPerSecond) + ", measured");
  }

  /** The ceilings of a steady rate, the lowest first; the pool delays the last one for a while. */
  List<Limit> ceilings(double runSeconds) {
    return List.of(controlPath(), lifecycle(runSeconds), bandwidth()).stream()
        .sorted(Comparator.comparingDouble(Limit::value))
        .toList();
  }

  /** Which ceiling binds a steady rate in the long run. */
  Limit binding() {
    Limit control = controlPath();
    Limit bandwidth = bandwidth();
    return control.value() < bandwidth.value() ? control : bandwidth;
  }

  /**
   * The highest drop-free rate of a run of this length: what the control path allows, or the give-
   * back rate and what the buffers take in meanwhile.
   */
  Limit rate(double runSeconds) {
    Limit control = controlPath();
    Limit finite = lifecycle(runSeconds);
    boolean isControl = control.value() <= finite.value();
    Limit lower = isControl ? control : finite;
    return Limit.ofRate(
        isControl ? Ceiling.CONTROL_PATH : Ceiling.BANDWIDTH, lower.value(), lower.arithmetic());
  }

  /** The longest burst at this rate that nothing is lost in. */
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

  /** The same terms with other buffers. */
  CeilingModel withShape(Shape other) {
    return new CeilingModel(other, latencySeconds, giveBackBytesPerSecond);
  }

  /** The same with another worst latency. */
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
