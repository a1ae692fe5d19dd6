package dev.sluice.tool.bench;

import dev.sluice.config.IoReason;
import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.MachineFacts;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of a bench's JSON object that a comparison needs.
 *
 * @param version of Sluice
 * @param workloads by name, in the order of execution
 */
record BenchResults(String version, MachineFacts machine, Map<String, Result> workloads) {
  static final String SCHEMA = "sluice-bench";

  /** Raised if a key that is read here changes its meaning or disappears, but not for new keys. */
  static final int SCHEMA_VERSION = 1;

  /**
   * @param roundTripSeconds of a cache line, just before the workload; 0 if the workload failed
   * @param failure null if the workload ran
   */
  record Result(
      int version, double roundTripSeconds, String failure, Map<String, Figure> figures) {}

  /**
   * Reads a file.
   *
   * @throws ToolException with one line that describes the problem
   */
  static BenchResults read(Path file) throws ToolException {
    Map<String, Object> json = parse(file);
    if (!SCHEMA.equals(json.get("schema"))) {
      throw new ToolException(file + " is not output of sluice bench --json");
    }
    try {
      long schemaVersion = Json.whole(json, "schema_version");
      if (schemaVersion != SCHEMA_VERSION) {
        throw new ToolException(
            "its schema is version "
                + schemaVersion
                + ", this sluice reads version "
                + SCHEMA_VERSION);
      }
      return of(json);
    } catch (ToolException e) {
      throw new ToolException(file + ": " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> parse(Path file) throws ToolException {
    try {
      return Json.parse(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new ToolException(file + ": no such file", e);
    } catch (CharacterCodingException e) {
      throw new ToolException(file + " is not text", e);
    } catch (IOException e) {
      throw new ToolException("cannot read " + file + ": " + IoReason.of(e), e);
    } catch (ToolException e) {
      // The parser's own message may quote the file over many lines.
      throw new ToolException(file + " is not output of sluice bench --json: not a JSON object", e);
    }
  }

  /** Reads the object itself, such as that of a bench that has just ended. */
  static BenchResults of(Map<String, Object> json) throws ToolException {
    Map<String, Result> workloads = new LinkedHashMap<>();
    for (Map<String, Object> workload : Json.objects(json, "workloads")) {
      workloads.put(Json.text(workload, "name"), result(workload));
    }
    return new BenchResults(
        Json.text(json, "version"), MachineFacts.read(Json.object(json, "machine")), workloads);
  }

  private static Result result(Map<String, Object> workload) throws ToolException {
    int version = (int) Json.whole(workload, "version");
    if (workload.containsKey("failure")) {
      return new Result(version, 0, Json.text(workload, "failure"), Map.of());
    }
    Map<String, Figure> figures = new LinkedHashMap<>();
    for (Map<String, Object> figure : Json.objects(workload, "figures")) {
      figures.put(Json.text(figure, "name"), Figure.read(figure));
    }
    Map<String, Object> machine = Json.object(workload, "machine");
    return new Result(version, Json.real(machine, "cache_line_round_trip_seconds"), null, figures);
  }

  /** Returns only the workloads whose name contains this text. */
  BenchResults only(String part) {
    Map<String, Result> some = new LinkedHashMap<>();
    workloads.forEach(
        (name, result) -> {
          if (name.contains(part)) {
            some.put(name, result);
          }
        });
    return new BenchResults(version, machine, some);
  }

  /** Returns the names that the other results lack. */
  List<String> without(BenchResults other) {
    return workloads.keySet().stream().filter(name -> !other.workloads.containsKey(name)).toList();
  }
}
