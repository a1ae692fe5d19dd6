package dev.sluice.tool.diagnose;

import dev.sluice.headroom.Ceiling;
import dev.sluice.tool.Json;
import dev.sluice.tool.Quantiles;
import dev.sluice.tool.measure.Unit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The verdict: which ceiling binds, by how much, which is next, and what to change. Pure: a
 * function of the model, the latency quantiles and the requested rate.
 *
 * @param binding the lowest ceiling
 * @param next the second lowest ceiling
 * @param changes what to change, greatest gain first
 */
record Advice(Limit binding, Limit next, String sentence, List<Change> changes) {
  /** A worst latency above this multiple of the 99th percentile is a pause, not the normal path. */
  private static final double PAUSE_FACTOR = 5;

  Advice {
    changes = List.copyOf(changes);
  }

  /**
   * One change.
   *
   * @param bytesPerSecond lowest ceiling after the change, by the model; 0 if unknown
   */
  record Change(String what, double bytesPerSecond, String gain) {
    Map<String, Object> toJson() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("change", what);
      object.put("expected_bytes_per_second", bytesPerSecond == 0 ? null : (Object) bytesPerSecond);
      object.put("gain", gain);
      return object;
    }
  }

  /**
   * Derives the verdict.
   *
   * @param refill refill latencies of a typical run
   * @param storage rate of the disk with captures on; NaN if unknown
   * @param target requested rate; 0 for none
   */
  static Advice of(CeilingModel model, Quantiles refill, double storage, double target) {
    List<Limit> ceilings = new ArrayList<>(List.of(model.controlPath(), model.bandwidth()));
    if (!Double.isNaN(storage)) {
      ceilings.add(
          Limit.ofRate(
              Ceiling.STORAGE,
              storage,
              "with captures on: " + Unit.BYTES_PER_SECOND.format(storage) + ", measured"));
    }
    ceilings.sort(Comparator.comparingDouble(Limit::value));
    Limit binding = ceilings.get(0);
    Limit next = ceilings.get(1);
    List<Change> changes = changes(model, refill, binding, next);
    return new Advice(binding, next, sentence(model, binding, next, target), changes);
  }

  private static String sentence(CeilingModel model, Limit binding, Limit next, double target) {
    boolean isRateItself = binding.ceiling() != Ceiling.CONTROL_PATH;
    String limit =
        String.format(
            Locale.ROOT,
            "%s limit is %s: up to %s without loss. The next limit is %s, at %s (%.1f times that).",
            binding.ceiling() == Ceiling.STORAGE ? "With captures, the" : "The",
            binding.ceiling().phrase(),
            binding.text(),
            next.ceiling().phrase(),
            next.text(),
            next.value() / binding.value());
    if (target == 0) {
      return limit + (isRateItself ? " Larger buffers do not raise it." : "");
    }
    return verdict(model, binding, next, target) + " " + limit;
  }

  /** Describes whether the requested rate can run without loss. */
  private static String verdict(CeilingModel model, Limit binding, Limit next, double target) {
    String asked = Unit.BYTES_PER_SECOND.format(target);
    if (target <= binding.value()) {
      return String.format(
          Locale.ROOT,
          "%s runs without loss, with %.0f %% to spare.",
          asked,
          100 * (binding.value() / target - 1));
    }
    if (binding.ceiling() != Ceiling.CONTROL_PATH) {
      double seconds = model.burstBytes() / (target - binding.value());
      return String.format(
          Locale.ROOT,
          "%s is too fast for this host. Larger buffers only delay the first loss, here by %s.",
          asked,
          Unit.SECONDS.format(seconds));
    }
    if (target > next.value()) {
      return String.format(
          Locale.ROOT,
          "%s is too fast for this host: it is above both limits, so larger buffers do not help.",
          asked);
    }
    return String.format(
        Locale.ROOT,
        "%s loses records: the worst refill takes %.1f times as long as the free queues last.",
        asked,
        target / binding.value());
  }

  private static List<Change> changes(
      CeilingModel model, Quantiles refill, Limit binding, Limit next) {
    List<Change> changes = new ArrayList<>();
    double now = binding.value();
    switch (binding.ceiling()) {
      case CONTROL_PATH -> {
        if (refill.p99() > 0 && model.latencySeconds() > PAUSE_FACTOR * refill.p99()) {
          double without = model.withLatency(refill.p999()).controlPath().value();
          changes.add(
              gain(
                  String.format(
                      Locale.ROOT,
                      "Remove the pauses: the worst refill, %s, is %.0f times the 99th percentile"
                          + " of %s. Give the lane threads CPUs of their own (sluice.drain.cpus,"
                          + " and isolcpus or cpusets), raise their priority (sluice.drain.nice),"
                          + " and check the garbage collection",
                      Unit.SECONDS.format(model.latencySeconds()),
                      model.latencySeconds() / refill.p99(),
                      Unit.SECONDS.format(refill.p99())),
                  now,
                  Math.min(without, next.value())));
        } else {
          changes.add(
              new Change(
                  "Refill sooner: more threads if CPUs are free (sluice.threading ="
                      + " dedicated, sluice.drain.groups), and idle threads that do not park"
                      + " (sluice.drain.idle.spin)",
                  0,
                  "most refills are about as slow as the worst one, "
                      + Unit.SECONDS.format(model.latencySeconds())
                      + "; the rate rises as this falls"));
        }
        changes.add(
            gain(
                "Double the free-queue slots, and the buffers with them (needs a rebuilt runtime)",
                now,
                Math.min(2 * now, next.value())));
        changes.add(
            gain(
                "Double the records per buffer (needs a rebuilt runtime; the arena grows with it)",
                now,
                Math.min(2 * now, next.value())));
      }
      case STORAGE -> {
        changes.add(
            gain(
                "Use a faster disk (sluice.capture.directory), or no captures"
                    + " (sluice.capture.enabled = false), or let the capture lose records instead"
                    + " of the device (sluice.capture.overload = discard)",
                now,
                next.value()));
        changes.add(stageOrPool(model, binding, "sluice.capture.stage-bytes"));
      }
      default -> {
        changes.add(
            gain(
                "Collect faster: more collectors if CPUs are free (sluice.collector.shards,"
                    + " sluice.threading = dedicated); over a link, another placement",
                now,
                next.value()));
        changes.add(
            stageOrPool(
                model,
                binding,
                "sluice.arena.buffers.aicpu-task and sluice.arena.buffers.aicore-task"));
        changes.add(
            new Change(
                "Record less on the device", 0, "the only remedy if the link itself is the limit"));
      }
    }
    return changes;
  }

  private static Change stageOrPool(CeilingModel model, Limit binding, String key) {
    // A measured disk is not part of the model, so the model does not know the stage before it.
    boolean isModels = binding.ceiling() == model.bandwidth().ceiling();
    return new Change(
        "For bursts only: raise " + key,
        0,
        "no gain for a steady rate; "
            + (isModels
                ? "a burst at rate R may last "
                    + Unit.BYTES.format(model.burstBytes())
                    + " / (R - "
                    + binding.text()
                    + ") now, and proportionally longer after the change"
                : "a burst above " + binding.text() + " may last proportionally longer"));
  }

  private static Change gain(String what, double now, double then) {
    return new Change(
        what,
        then,
        String.format(
            Locale.ROOT,
            "%s instead of %s (%.1f times), by the model",
            Unit.BYTES_PER_SECOND.format(then),
            Unit.BYTES_PER_SECOND.format(now),
            then / now));
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("binding", binding.toJson());
    object.put("next", next.toJson());
    object.put("next_over_binding", Json.finite(next.value() / binding.value()));
    object.put("changes", changes.stream().map(Change::toJson).toList());
    return object;
  }
}
