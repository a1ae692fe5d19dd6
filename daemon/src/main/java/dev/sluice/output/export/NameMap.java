package dev.sluice.output.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Names of kernels, from the runtime's {@code name_map.json}: {@code callable_id_to_name} and
 * {@code orchestrator_name}.
 *
 * @param callables names by function number
 * @param orchestrator empty if the file has none
 */
public record NameMap(Map<Integer, String> callables, String orchestrator) {
  public static final NameMap NONE = new NameMap(Map.of(), "");

  public NameMap {
    callables = Map.copyOf(callables);
  }

  /**
   * @throws ExportException if the file is missing or not a name map
   */
  public static NameMap read(Path file) throws IOException {
    try {
      // From bytes, so that the parser detects UTF-8, UTF-16 or UTF-32.
      Map<String, Object> json = JSON.std.mapFrom(Files.readAllBytes(file));
      Map<Integer, String> callables = new HashMap<>();
      if (json.get("callable_id_to_name") instanceof Map<?, ?> names) {
        for (Map.Entry<?, ?> entry : names.entrySet()) {
          callables.put(
              Integer.valueOf(String.valueOf(entry.getKey())), String.valueOf(entry.getValue()));
        }
      }
      Object orchestrator = json.get("orchestrator_name");
      return new NameMap(callables, orchestrator == null ? "" : orchestrator.toString());
    } catch (NoSuchFileException e) {
      throw new ExportException("no such name map: " + file, e);
    } catch (JsonProcessingException | NumberFormatException e) {
      throw new ExportException("not a name map in UTF-8: " + file + ": " + firstLine(e), e);
    }
  }

  /** Returns the name of a function like the runtime's tools: {@code func_3_d} if it has none. */
  String function(int id) {
    String name = callables.get(id);
    return name != null ? name : "func_" + id + "_" + (char) ('a' + Math.floorMod(id, 26));
  }

  static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
