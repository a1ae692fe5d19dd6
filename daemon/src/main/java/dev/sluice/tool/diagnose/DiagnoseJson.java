package dev.sluice.tool.diagnose;

import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The one object that {@code --json} prints, and that the page draws from. The keys that {@code
 * demo} and {@code bench} have, too, are those of a typical run at a steady rate.
 */
final class DiagnoseJson {
  private DiagnoseJson() {}

  static Map<String, Object> of(DiagnoseResult result, Advice advice) throws ToolException {
    Map<String, Object> object = new LinkedHashMap<>();
    String sentence =
        advice == null ? "Interrupted before there was anything to say." : advice.sentence();
    ShapeResult main = result.main().orElse(null);
    if (main != null) {
      object.putAll(main.typical().toJson(sentence));
      if (!result.isPrivate()) {
        // Of another process, whose processor time nobody told.
        object.put("daemon_cpu_seconds", null);
      }
    }
    object.put("verdict", sentence);
    object.put("partial", result.isPartial());
    object.put("quick", result.effort().isQuick());
    object.put("target_bytes_per_second", result.targetBytesPerSecond());
    object.put("machine", result.quiet().toJson());
    object.put("diagnosis", advice == null ? null : advice.toJson());
    object.put("terms", terms(result, main));
    object.put("predictions", predictions(result));
    object.put("found", found(result));
    object.put("by_layout", layouts(result));
    object.put("shapes", result.shapes().stream().map(DiagnoseJson::shape).toList());
    return object;
  }

  private static List<Map<String, Object>> terms(DiagnoseResult result, ShapeResult main) {
    List<Term> terms = new ArrayList<>(result.hostTerms());
    if (main != null) {
      terms.addAll(main.terms());
    }
    result.storage().ifPresent(terms::add);
    return terms.stream().map(Term::toJson).toList();
  }

  private static Map<String, Object> edge(ShapeResult shape, String what) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("layout", shape.request().layout());
    object.put("cores", shape.request().cores());
    object.put("aicpu_threads", shape.request().aicpuThreads());
    object.put("what", what);
    return object;
  }

  private static List<Map<String, Object>> predictions(DiagnoseResult result) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (ShapeResult shape : result.shapes()) {
      for (ShapeResult.Comparison comparison : shape.comparisons()) {
        Map<String, Object> object = edge(shape, comparison.what());
        object.put("unit", comparison.predicted().unit().jsonName());
        object.put("value", Numbers.orNull(comparison.predicted().value()));
        object.put("binding", comparison.predicted().binding().label());
        object.put("arithmetic", comparison.predicted().arithmetic());
        all.add(object);
      }
    }
    return all;
  }

  private static List<Map<String, Object>> found(DiagnoseResult result) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (ShapeResult shape : result.shapes()) {
      for (ShapeResult.Comparison comparison : shape.comparisons()) {
        Map<String, Object> object = edge(shape, comparison.what());
        object.put("unit", comparison.predicted().unit().jsonName());
        object.put("value", comparison.found().value());
        object.put("lowest_lossy", Numbers.orNull(comparison.found().dirty()));
        object.put("at_least", comparison.found().isAtLeast());
        object.put("error", Numbers.orNull(comparison.error()));
        all.add(object);
      }
    }
    return all;
  }

  private static List<Map<String, Object>> layouts(DiagnoseResult result) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (DiagnoseResult.LayoutPrediction prediction : result.layouts()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("layout", prediction.layout());
      object.put("slots", prediction.slots());
      object.put("bytes_per_second", prediction.bytesPerSecond());
      object.put("binding", prediction.binding().label());
      object.put("burst_bytes", prediction.burstBytes());
      all.add(object);
    }
    return all;
  }

  private static Map<String, Object> shape(ShapeResult shape) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("layout", shape.request().layout());
    object.put("cores", shape.request().cores());
    object.put("aicpu_threads", shape.request().aicpuThreads());
    object.put("run_seconds", shape.runSeconds());
    object.put("arena_bytes", shape.shape().arenaBytes());
    object.put("pools", shape.shape().pools().stream().map(DiagnoseJson::pool).toList());
    object.put("note", shape.note());
    object.put("terms", shape.terms().stream().map(Term::toJson).toList());
    if (shape.model() != null) {
      CeilingModel model = shape.model();
      object.put(
          "ceilings", model.ceilings(shape.runSeconds()).stream().map(Ceiling::toJson).toList());
      Map<String, Object> numbers = new LinkedHashMap<>();
      numbers.put("latency_seconds", model.latencySeconds());
      numbers.put("give_back_bytes_per_second", model.giveBackBytesPerSecond());
      numbers.put("burst_bytes", model.burstBytes());
      numbers.put("control_path_bytes_per_second", model.controlPath().bytesPerSecond());
      object.put("model", numbers);
      object.put("refill_latency_seconds", shape.typical().session().refillLatency().toJson());
      object.put("drain_pause_seconds", shape.typical().session().drainPause().toJson());
    }
    object.put("burst_bytes_per_second", shape.burstRate());
    object.put("rate_points", shape.ratePoints().stream().map(DiagnoseJson::point).toList());
    object.put("burst_points", shape.burstPoints().stream().map(DiagnoseJson::point).toList());
    object.put("pauses", shape.pauses() == null ? null : pauses(shape.pauses()));
    return object;
  }

  private static Map<String, Object> pool(Shape.PoolKind kind) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("kind", kind.kind());
    object.put("pools", kind.pools());
    object.put("buffer_bytes", kind.bufferBytes());
    object.put("usable_slots", kind.usableSlots());
    object.put("buffers", kind.buffers());
    return object;
  }

  private static Map<String, Object> point(EdgeSearch.Point point) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("value", point.value());
    object.put("bytes_per_second", point.bytesPerSecond());
    object.put("lost_ratio", point.lostRatio());
    object.put("stalled_ratio", point.stalledRatio());
    object.put("clean", point.isClean());
    object.put("disturbed", point.isDisturbed());
    return object;
  }

  /** The longest gaps only: a page that nobody can load helps nobody. */
  private static Map<String, Object> pauses(HostProbes.Pauses pauses) {
    List<HostProbes.Gap> longest =
        pauses.gaps().stream()
            .sorted((a, b) -> Long.compare(b.lengthNs(), a.lengthNs()))
            .limit(MOST_GAPS)
            .sorted((a, b) -> Long.compare(a.atNs(), b.atNs()))
            .toList();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("seconds", pauses.durationNs() / 1e9);
    object.put("lost_ratio", pauses.lostRatio());
    object.put("longest_seconds", pauses.longestSeconds());
    object.put("count", pauses.gaps().size());
    object.put("at_seconds", longest.stream().map(gap -> gap.atNs() / 1e9).toList());
    object.put("length_seconds", longest.stream().map(gap -> gap.lengthNs() / 1e9).toList());
    return object;
  }

  private static final int MOST_GAPS = 1_000;
}
