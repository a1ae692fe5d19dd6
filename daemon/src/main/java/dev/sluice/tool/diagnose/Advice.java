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
 * The verdict: which ceiling binds, by how much, which is next, and what to change. Pure: follows
 * from the model, the latency quantiles and the rate that is asked for.
 *
 * @param binding the lowest ceiling
 * @param next the one above it
 * @param changes what to do, the greatest gain first
 */
record Advice(Limit binding, Limit next, String sentence, List<Change> changes) {
  /** A worst latency this many times the 99th percentile is a pause, not the path. */
  private static final double PAUSE_FACTOR = 5;

  Advice {
    changes = List.copyOf(changes);
  }

  /**
   * One thing to change.
   *
   * @param bytesPerSecond the lowest ceiling afterwards, as the model has it; 0 if it cannot tell
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
   * Judges.
   *
   * @param refill of a typical run
   * @param storage what the disk takes when captures are on, NaN if unknown
   * @param target the rate that is wanted, 0 for none
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
    String binds =
        String.format(
            Locale.ROOT,
            "%s %s ceiling binds, at %s; the next is %s at %s (%.1f times that).",
            binding.ceiling() == Ceiling.STORAGE ? "With captures on the" : "The",
            binding.ceiling().words(),
            binding.text(),
            next.ceiling().words(),
            next.text(),
            next.value() / binding.value());
    boolean isRateItself = binding.ceiling() != Ceiling.CONTROL_PATH;
    if (target == 0) {
      return binds + (isRateItself ? " Above it size cannot help, only delay." : "");
    }
    String asked = Unit.BYTES_PER_SECOND.format(target);
    if (target <= binding.value()) {
      return String.format(
          Locale.ROOT,
          "%s is drop-free with a margin of %.0f %%. %s",
          asked,
          100 * (binding.value() / target - 1),
          binds);
    }
    if (isRateItself) {
      double seconds = model.burstBytes() / (target - binding.value());
      return String.format(
          Locale.ROOT,
          "The host can sustain %s. %s is above that, so size cannot help: larger buffers only"
              + " delay the first loss, here by %s. %s",
          binding.text(),
          asked,
          Unit.SECONDS.format(seconds),
          binds);
    }
    if (target > next.value()) {
      return String.format(
          Locale.ROOT,
          "%s is above the %s ceiling, too, so size cannot help there. %s",
          asked,
          next.ceiling().words(),
          binds);
    }
    return String.format(
        Locale.ROOT,
        "%s loses records at the worst refill, %.1f times what the free queues forgive. %s",
        asked,
        target / binding.value(),
        binds);
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
                      "take the pauses away: the worst refill of %s is %.0f times the 99th"
                          + " percentile of %s. Give the lane threads processors of their own"
                          + " (sluice.drain.cpus and a kernel that keeps others off them), priority"
                          + " (sluice.drain.nice), and look at the collector of the JVM",
                      Unit.SECONDS.format(model.latencySeconds()),
                      model.latencySeconds() / refill.p99(),
                      Unit.SECONDS.format(refill.p99())),
                  now,
                  Math.min(without, next.value())));
        } else {
          changes.add(
              new Change(
                  "make the path shorter: more threads for it (sluice.threading = dedicated where"
                      + " there are processors, sluice.drain.groups), idle threads that do not"
                      + " park (sluice.drain.idle.spin)",
                  0,
                  "the worst refill of "
                      + Unit.SECONDS.format(model.latencySeconds())
                      + " is that of every refill; the rate rises as it falls"));
        }
        changes.add(
            gain(
                "twice the free-queue slots, and as many more buffers (a rebuilt runtime)",
                now,
                Math.min(2 * now, next.value())));
        changes.add(
            gain(
                "records per buffer doubled (a rebuilt runtime; the arena grows likewise)",
                now,
                Math.min(2 * now, next.value())));
      }
      case STORAGE -> {
        changes.add(
            gain(
                "a faster disk, or none: sluice.capture.directory elsewhere,"
                    + " sluice.capture.enabled = false, or sluice.capture.overload = discard,"
                    + " which loses records of the capture and never of the device",
                now,
                next.value()));
        changes.add(stageOrPool(model, binding, "sluice.capture.stage-bytes"));
      }
      default -> {
        changes.add(
            gain(
                "collectors that take more: sluice.collector.shards and"
                    + " sluice.threading = dedicated where there are processors, and sinks that"
                    + " read less; over a link, another placement",
                now,
                next.value()));
        changes.add(
            stageOrPool(model, binding, "sluice.arena.buffers.aicpu-task and .aicore-task"));
        changes.add(
            new Change(
                "sample less in the device",
                0,
                "the only remedy where the link itself is the limit"));
      }
    }
    return changes;
  }

  private static Change stageOrPool(CeilingModel model, Limit binding, String key) {
    // Where the disk was measured beside the model, the model does not know the stage before it.
    boolean isModels = binding.ceiling() == model.bandwidth().ceiling();
    return new Change(
        "more of " + key + ", against bursts only",
        0,
        "nothing for a steady rate; "
            + (isModels
                ? "a burst of R lasts "
                    + Unit.BYTES.format(model.burstBytes())
                    + " / (R - "
                    + binding.text()
                    + ") now, and as much longer as this grows"
                : "a burst above " + binding.text() + " lasts as much longer as this grows"));
  }

  private static Change gain(String what, double now, double then) {
    return new Change(
        what,
        then,
        String.format(
            Locale.ROOT,
            "%s instead of %s (%.1f times), if nothing else changes",
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
