package dev.sluice.tool.diagnose;

import dev.sluice.headroom.Ceiling;
import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.QuietCheck;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The results of a diagnosis so far, and the object that {@code --json} prints and the page draws
 * from. Filled by one thread, step by step.
 */
final class DiagnoseResult {
  private static final String TEMPLATE = "report.html";
  private static final String DATA = "/*DATA*/null";

  final Effort effort;

  /** The rate to judge, bytes per second; 0 for none. */
  final double target;

  /** Measured on daemons of our own. */
  final boolean isPrivate;

  final QuietCheck quiet = new QuietCheck();

  /** Terms that need no daemon. */
  final List<Figure> hostTerms = new ArrayList<>();

  final List<ShapeResult> shapes = new ArrayList<>();
  final List<LayoutPrediction> layouts = new ArrayList<>();

  /** What the disk takes, if that was measured. */
  Optional<Figure> storage = Optional.empty();

  /** Something is missing: the diagnosis was interrupted. */
  boolean isPartial = true;

  DiagnoseResult(Effort effort, double target, boolean isPrivate) {
    this.effort = effort;
    this.target = target;
    this.isPrivate = isPrivate;
  }

  /**
   * What the terms of this machine mean for another layout or slot count.
   *
   * @param bytesPerSecond the highest drop-free rate
   * @param burstBytes what a burst finds room in beyond what is given back meanwhile
   */
  record LayoutPrediction(
      String layout, int slots, double bytesPerSecond, Ceiling binding, double burstBytes) {
    Map<String, Object> toJson() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("layout", layout);
      object.put("slots", slots);
      object.put("bytes_per_second", bytesPerSecond);
      object.put("binding", binding.label());
      object.put("burst_bytes", burstBytes);
      return object;
    }
  }

  /** The device that the verdict is about: the first one whose terms are complete. */
  Optional<ShapeResult> main() {
    return shapes.stream().filter(shape -> shape.model != null).findFirst();
  }

  /** All terms that are not those of another device. */
  List<Figure> terms() {
    List<Figure> terms = new ArrayList<>(hostTerms);
    main().ifPresent(main -> terms.addAll(main.terms));
    storage.ifPresent(terms::add);
    return terms;
  }

  /** Empty if there is nothing to judge yet. */
  Optional<Advice> advice() {
    return main()
        .map(
            main ->
                Advice.of(
                    main.model,
                    main.typical.session().refillLatency(),
                    storage.map(Figure::value).orElse(Double.NaN),
                    target));
  }

  /** The keys that {@code demo} and {@code bench} have, too, are those of a typical run. */
  Map<String, Object> toJson() throws ToolException {
    Map<String, Object> object = new LinkedHashMap<>();
    Optional<Advice> advice = advice();
    String verdict =
        advice.map(Advice::sentence).orElse("Interrupted before the terms were there.");
    if (main().isPresent()) {
      object.putAll(main().get().typical.toJson(verdict));
      if (!isPrivate) {
        // Of another process, whose processor time is not known.
        object.put("daemon_cpu_seconds", null);
      }
    }
    object.put("verdict", verdict);
    object.put("partial", isPartial);
    object.put("quick", effort.isQuick());
    object.put("target_bytes_per_second", target);
    object.put("machine", quiet.toJson());
    object.put("diagnosis", advice.map(Advice::toJson).orElse(null));
    object.put("terms", terms().stream().map(Figure::toJson).toList());
    object.put(
        "predictions", shapes.stream().flatMap(shape -> shape.predictions().stream()).toList());
    object.put("found", shapes.stream().flatMap(shape -> shape.found().stream()).toList());
    object.put("by_layout", layouts.stream().map(LayoutPrediction::toJson).toList());
    object.put("shapes", shapes.stream().map(ShapeResult::toJson).toList());
    return object;
  }

  /** The report as one file that needs no other: a page whose script draws from the object. */
  static String page(Map<String, Object> json) {
    try (InputStream template = DiagnoseResult.class.getResourceAsStream(TEMPLATE)) {
      // No text in the data may end the script it stands in.
      String data = Json.print(json).replace("<", "\\u003c");
      return new String(template.readAllBytes(), StandardCharsets.UTF_8).replace(DATA, data);
    } catch (IOException e) {
      throw new IllegalStateException("the program lacks its own " + TEMPLATE, e);
    }
  }
}
