package dev.sluice.tool.bench;

import dev.sluice.tool.bench.BenchResults.Result;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Compares two benches: each common figure, and the reason why others are not compared.
 *
 * <p>{@link Figure} distinguishes a difference from noise.
 */
final class BenchComparison {
  /** The round trip of a cache line affects most figures; beyond this ratio the machine differs. */
  private static final double SAME_ROUND_TRIP = 1.5;

  private final BenchResults old;
  private final BenchResults now;
  private final List<Row> rows = new ArrayList<>();
  private final Map<String, String> notCompared = new LinkedHashMap<>();

  BenchComparison(BenchResults old, BenchResults now) {
    this.old = old;
    this.now = now;
    for (Map.Entry<String, Result> workload : old.workloads().entrySet()) {
      Result other = now.workloads().get(workload.getKey());
      if (other != null) {
        compare(workload.getKey(), workload.getValue(), other);
      }
    }
    old.without(now).forEach(name -> notCompared.put(name, "only in the old results"));
    now.without(old).forEach(name -> notCompared.put(name, "only in the new results"));
  }

  private void compare(String workload, Result before, Result after) {
    if (before.version() != after.version()) {
      notCompared.put(
          workload, "version " + before.version() + " then, version " + after.version() + " now");
    } else if (before.failure() != null || after.failure() != null) {
      notCompared.put(workload, "failed " + (before.failure() != null ? "then" : "now"));
    } else {
      boolean isSameMachine =
          isNear(before.roundTripSeconds(), after.roundTripSeconds(), SAME_ROUND_TRIP);
      for (Map.Entry<String, Figure> figure : before.figures().entrySet()) {
        Figure other = after.figures().get(figure.getKey());
        if (other == null || other.unit() != figure.getValue().unit()) {
          notCompared.put(workload + ": " + figure.getKey(), "not in both");
        } else {
          rows.add(new Row(workload, figure.getValue(), other, isSameMachine));
        }
      }
    }
  }

  private static boolean isNear(double a, double b, double ratio) {
    return a <= b * ratio && b <= a * ratio;
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append("old: ").append(old.version()).append('\n');
    text.append("     ").append(old.machine()).append('\n');
    text.append("new: ").append(now.version()).append('\n');
    text.append("     ").append(now.machine()).append('\n');
    if (!old.machine().equals(now.machine())) {
      text.append("The machine or Java differs, which may explain the differences.\n");
    }
    text.append('\n').append(line("workload: figure", "old", "new", "ratio", ""));
    rows.forEach(row -> text.append(row.text()));
    text.append(
        """

        better, worse: the runs do not overlap, by more than the step of a search where there was
        one. =: no difference beyond the noise. ?: fewer than 3 runs on a side, so the noise is
        unknown. ~: the round trip of a cache line differed by 1.5 times: the machine was in another
        state, so do not trust the mark.
        """);
    if (!notCompared.isEmpty()) {
      text.append("\nNot compared:\n");
      notCompared.forEach(
          (name, reason) ->
              text.append("  ").append(name).append(": ").append(reason).append('\n'));
    }
    return text.toString();
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("old_version", old.version());
    object.put("old_machine", old.machine().toJson());
    object.put("is_same_machine", old.machine().equals(now.machine()));
    object.put("figures", rows.stream().map(Row::toJson).toList());
    object.put("not_compared", notCompared);
    return object;
  }

  private static String line(
      String name, String before, String after, String ratio, String remark) {
    String row =
        String.format(Locale.ROOT, "  %-48s %12s %12s %7s  %s", name, before, after, ratio, remark);
    return row.stripTrailing() + "\n";
  }

  private record Row(String workload, Figure before, Figure after, boolean isSameMachine) {
    String text() {
      String name = workload + ": " + before.name();
      String ratio =
          before.value() == 0
              ? "-"
              : String.format(Locale.ROOT, "%.2f", after.value() / before.value());
      return line(name, before.text(), after.text(), ratio, mark() + (isSameMachine ? "" : " ~"));
    }

    String mark() {
      if (!before.isNoiseKnown() || !after.isNoiseKnown()) {
        return "?";
      }
      if (!before.isApartFrom(after)) {
        return "=";
      }
      boolean isMore = after.value() > before.value();
      if (before.unit() == Unit.UNKNOWN) {
        return isMore ? "more" : "less";
      }
      return before.unit().isMoreBetter() == isMore ? "better" : "worse";
    }

    Map<String, Object> toJson() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("workload", workload);
      object.put("figure", before.name());
      object.put("old", before.value());
      object.put("new", after.value());
      object.put("ratio", before.value() == 0 ? null : after.value() / before.value());
      object.put("mark", mark());
      object.put("is_same_machine_state", isSameMachine);
      return object;
    }
  }
}
