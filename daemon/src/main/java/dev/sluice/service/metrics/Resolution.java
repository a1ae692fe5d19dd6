package dev.sluice.service.metrics;

import dev.sluice.service.Labels;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Detail level of the metrics. {@link #COARSE} keeps a host with 8 devices under 1,200 series. It
 * folds label values into fewer but never drops a label, so a sum over a label is the same at both
 * levels and one query serves both. {@code /api/v1/status} has the unfolded values.
 */
enum Resolution {
  COARSE,
  FINE;

  /** Value of {@code kind} for a histogram over all kinds; never exported next to single kinds. */
  static final String ALL_KINDS = "all";

  private static final String IN_USE = "in_use";

  /**
   * Upper bounds in seconds. Classic histograms have no resolution between two bounds, so there is
   * a bound at each alert threshold and at 30 s, the longest time for which a device waits.
   */
  private static final double[] FINE_BOUNDS = {
    1e-6,
    2e-6,
    5e-6,
    1e-5,
    2.5e-5,
    1e-4,
    2.5e-4,
    1e-3,
    2.5e-3,
    0.01,
    0.05,
    0.1,
    0.5,
    1,
    5,
    30,
    Double.POSITIVE_INFINITY
  };

  private static final double[] COARSE_BOUNDS = {
    1e-6, 2e-6, 5e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 30, Double.POSITIVE_INFINITY
  };

  /** Pauses of a few microseconds do not matter. */
  private static final double[] COARSE_PAUSE_BOUNDS = {
    1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 30, Double.POSITIVE_INFINITY
  };

  /** Decades: the native histogram and the status page provide the quantiles. */
  private static final double[] COARSE_TASK_BOUNDS = {1e-5, 1e-4, 1e-3, Double.POSITIVE_INFINITY};

  /** Exported at 0 for every kind; other causes appear with their first count. */
  private static final List<String> USUAL_CAUSES =
      List.of("host_late", "pool_exhausted", "ready_queue_full");

  /** Only AICore records can be lost without a device counter showing it. */
  static final String AICORE_KIND = "aicore_task";

  static Resolution of(boolean detail) {
    return detail ? FINE : COARSE;
  }

  /**
   * Returns a metric's classic bounds in seconds, the last infinite. Callers must not modify them.
   */
  double[] bounds(Metric metric) {
    if (this == FINE) {
      return FINE_BOUNDS;
    }
    return switch (metric) {
      case TASK_DURATION, TASK_DISPATCH_LATENCY -> COARSE_TASK_BOUNDS;
      case DRAIN_PAUSE -> COARSE_PAUSE_BOUNDS;
      default -> COARSE_BOUNDS;
    };
  }

  /** Returns the drop causes that a kind exports, counted or not. */
  Set<String> causes(String kind, Map<String, Long> counted) {
    Set<String> causes = new LinkedHashSet<>(this == FINE ? Labels.DROP_CAUSES : USUAL_CAUSES);
    if (kind.equals(AICORE_KIND)) {
      causes.add("inferred");
    }
    counted.forEach(
        (cause, count) -> {
          if (count != 0) {
            causes.add(cause);
          }
        });
    return causes;
  }

  /** Returns buffers by exported state; preserves the sum. */
  Map<String, Long> buffers(Map<String, Long> states) {
    Map<String, Long> exported = zeros(Labels.BUFFER_STATES, Resolution::coarseState);
    if (this == COARSE) {
      // A gauge needs no initial 0, and most pools never retire a buffer.
      exported.remove("retired");
    }
    states.forEach(
        (state, count) -> {
          String name = this == FINE ? state : coarseState(state);
          if (count != 0 || exported.containsKey(name)) {
            exported.merge(name, count, Long::sum);
          }
        });
    return exported;
  }

  /** Returns violations by exported reason; preserves the sum. */
  Map<String, Long> violations(Map<String, Long> reasons) {
    Map<String, Long> exported = zeros(Labels.ABI_VIOLATIONS, Resolution::coarseReason);
    reasons.forEach(
        (reason, count) ->
            exported.merge(this == FINE ? reason : coarseReason(reason), count, Long::sum));
    return exported;
  }

  private Map<String, Long> zeros(
      List<String> labels, java.util.function.UnaryOperator<String> fold) {
    Map<String, Long> zeros = new LinkedHashMap<>();
    labels.forEach(label -> zeros.put(this == FINE ? label : fold.apply(label), 0L));
    return zeros;
  }

  /** Folds {@link Labels#BUFFER_STATES}. */
  static String coarseState(String state) {
    return switch (state) {
      case "device", "ready", "collecting" -> IN_USE;
      default -> state;
    };
  }

  /** Folds {@link Labels#ABI_VIOLATIONS}. */
  static String coarseReason(String reason) {
    return switch (reason) {
      case "bad_index", "bad_kind", "bad_instance" -> "entry";
      case "null_pointer",
          "unknown_pointer",
          "misaligned_pointer",
          "wrong_kind",
          "wrong_pool",
          "not_device_owned" ->
          "pointer";
      case "count_overflow",
          "counter_backwards",
          "count_mismatch",
          "published_mismatch",
          "terminal_mismatch" ->
          "count";
      case "wrong_run" -> "sequence";
      case "wrong_layout" -> "layout";
      default -> reason;
    };
  }

  /** Whether a Micrometer meter is exported, by its dotted name. */
  boolean hasMeter(String name) {
    return this == FINE || Arrays.stream(DETAIL_METERS).noneMatch(name::startsWith);
  }

  /** Meters for profiling the JVM, not for a dashboard of the daemon. */
  private static final String[] DETAIL_METERS = {
    "jvm.buffer.count", "jvm.classes", "jvm.threads.states", "jvm.threads.started"
  };
}
