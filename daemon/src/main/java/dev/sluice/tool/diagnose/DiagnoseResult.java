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
 * The results of a diagnosis so far: the data of {@code --json} and of the HTML page. Filled step
 * by step by one thread.
 */
final class DiagnoseResult {
  private static final String TEMPLATE = "report.html";
  private static final String DATA = "/*DATA*/null";

  final Effort effort;

  /** Rate to judge in bytes per second; 0 for none. */
  final double target;

  /** Whether private daemons were measured. */
  final boolean isPrivate;

  final QuietCheck quiet = new QuietCheck();

  /** Terms measured without a daemon. */
  final List<Figure> hostTerms = new ArrayList<>();

  final List<ShapeResult> shapes = new ArrayList<>();
  final List<LayoutPrediction> layouts = new ArrayList<>();

  /** Rate of the disk, if measured. */
  Optional<Figure> storage = Optional.empty();

  /** Whether results are missing: the diagnosis was interrupted. */
  boolean isPartial = true;

  DiagnoseResult(Effort effort, double target, boolean isPrivate) {
    this.effort = effort;
    this.target = target;
    this.isPrivate = isPrivate;
  }

  /**
   * The model's prediction for another layout or slot count on this machine.
   *
   * @param bytesPerSecond the highest drop-free rate
   * @param burstBytes buffer space for a burst, beyond what is given back during it
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

  /** Returns the device of the verdict: the first with complete terms. */
  Optional<ShapeResult> main() {
    return shapes.stream().filter(shape -> shape.model != null).findFirst();
  }

  /** Returns all terms except those of other devices. */
  List<Figure> terms() {
    List<Figure> terms = new ArrayList<>(hostTerms);
    main().ifPresent(main -> terms.addAll(main.terms));
    storage.ifPresent(terms::add);
    return terms;
  }

  /** Returns the advice; empty if there is nothing to judge yet. */
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

  /** Returns the JSON; the keys shared with {@code demo} and {@code bench} are of a typical run. */
  Map<String, Object> toJson() throws ToolException {
    Map<String, Object> object = new LinkedHashMap<>();
    Optional<Advice> advice = advice();
    String verdict =
        advice.map(Advice::sentence).orElse("Interrupted before the terms were measured.");
    if (main().isPresent()) {
      object.putAll(main().get().typical.toJson(verdict));
      if (!isPrivate) {
        // The daemon is another process; its CPU time is unknown.
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

  /** Returns the report as one self-contained page, whose script draws from the object. */
  static String page(Map<String, Object> json) {
    try (InputStream template = DiagnoseResult.class.getResourceAsStream(TEMPLATE)) {
      // Escape "<", so that no text in the data can close the script element.
      String data = Json.print(json).replace("<", "\\u003c");
      return new String(template.readAllBytes(), StandardCharsets.UTF_8).replace(DATA, data);
    } catch (IOException e) {
      throw new IllegalStateException("the program lacks " + TEMPLATE, e);
    }
  }
}
