package dev.sluice.service.metrics;

import dev.sluice.service.Labels;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How finely metrics are told apart. {@link #COARSE} keeps a host with 8 devices under 1,200
 * series: it folds label values into fewer, never a label away, so that a sum over a label is the
 * same at both resolutions and one query serves both. What was folded is in {@code /api/v1/status}.
 */
enum Resolution {
  COARSE,
  FINE;

  /** The {@code kind} of a histogram over all kinds; never exported beside the single kinds. */
  static final String ALL_KINDS = "all";

  private static final String IN_USE = "in_use";

  /**
   * Upper bounds in seconds. Classic histograms know nothing between two bounds, so there is one at
   * each alert threshold and at the 30 s for which a device waits at most.
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

  /** Pauses of some microseconds are no pauses. */
  private static final double[] COARSE_PAUSE_BOUNDS = {
    1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 30, Double.POSITIVE_INFINITY
  };

  /** Decades: the native histogram and the status page have the quantiles. */
  private static final double[] COARSE_TASK_BOUNDS = {1e-5, 1e-4, 1e-3, Double.POSITIVE_INFINITY};

  /** Exported at 0 for every kind; another cause appears when it first has something to tell. */
  private static final List<String> USUAL_CAUSES =
      List.of("host_late", "pool_exhausted", "ready_queue_full");

  /** Only the AICore has records that no device counter misses. */
  static final String AICORE_KIND = "aicore_task";

  static Resolution of(boolean detail) {
    return detail ? FINE : COARSE;
  }

  /** Bounds of a metric's classic buckets, in seconds, the last infinite. Not to be written. */
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

  /** The causes of drops that a kind exports, counted or not. */
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

  /** Buffers by exported state; their sum is that of the argument. */
  Map<String, Long> buffers(Map<String, Long> states) {
    Map<String, Long> exported = zeros(Labels.BUFFER_STATES, Resolution::coarseState);
    if (this == COARSE) {
      // A gauge needs no first 0, and most pools never retire a buffer.
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

  /** Violations by exported reason; their sum is that of the argument. */
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

  /** What {@link Labels#BUFFER_STATES} are folded into. */
  static String coarseState(String state) {
    return switch (state) {
      case "device", "ready", "collecting" -> IN_USE;
      default -> state;
    };
  }

  /** What {@link Labels#ABI_VIOLATIONS} are folded into. */
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

  /** Of the meters of Micrometer, whether this one is exported; by its dotted name. */
  boolean hasMeter(String name) {
    return this == FINE || Arrays.stream(DETAIL_METERS).noneMatch(name::startsWith);
  }

  /** What a profile of the JVM wants and a dashboard of the daemon does not. */
  private static final String[] DETAIL_METERS = {
    "jvm.buffer.count", "jvm.classes", "jvm.threads.states", "jvm.threads.started"
  };
}
