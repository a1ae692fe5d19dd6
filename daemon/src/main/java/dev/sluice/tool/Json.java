package dev.sluice.tool;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON objects whose keys are a contract. A missing key is an error that names the key, so
 * that a renamed key never reads as zero.
 */
public final class Json {
  private Json() {}

  public static Map<String, Object> parse(String text, String source) throws ToolException {
    try {
      return JSON.std.mapFrom(text);
    } catch (IOException e) {
      throw new ToolException(source + " did not answer with a JSON object: " + e.getMessage(), e);
    }
  }

  public static String print(Map<String, ?> object) {
    try {
      return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(object);
    } catch (IOException e) {
      throw new IllegalStateException("a map of plain values cannot be written as JSON", e);
    }
  }

  /** Returns null for infinity and NaN, which JSON cannot express. */
  public static Object finite(double value) {
    return Double.isFinite(value) ? (Object) value : null;
  }

  public static long whole(Map<String, Object> object, String key) throws ToolException {
    return number(object, key).longValue();
  }

  public static double real(Map<String, Object> object, String key) throws ToolException {
    return number(object, key).doubleValue();
  }

  public static String text(Map<String, Object> object, String key) throws ToolException {
    return String.valueOf(required(object, key));
  }

  @SuppressWarnings("unchecked") // the parser produces Map<String, Object> for objects
  public static Map<String, Object> object(Map<String, Object> object, String key)
      throws ToolException {
    if (required(object, key) instanceof Map<?, ?> map) {
      return (Map<String, Object>) map;
    }
    throw new ToolException("JSON: " + key + " is not an object");
  }

  /** Returns the objects of a list. */
  @SuppressWarnings("unchecked") // as above
  public static List<Map<String, Object>> objects(Map<String, Object> object, String key)
      throws ToolException {
    if (!(required(object, key) instanceof List<?> list)) {
      throw new ToolException("JSON: " + key + " is not a list");
    }
    List<Map<String, Object>> objects = new ArrayList<>();
    for (Object element : list) {
      if (!(element instanceof Map<?, ?> map)) {
        throw new ToolException("JSON: " + key + " has an element that is not an object");
      }
      objects.add((Map<String, Object>) map);
    }
    return objects;
  }

  /** Returns the numbers of a list. */
  public static List<Double> reals(Map<String, Object> object, String key) throws ToolException {
    if (!(required(object, key) instanceof List<?> list)) {
      throw new ToolException("JSON: " + key + " is not a list");
    }
    List<Double> numbers = new ArrayList<>();
    for (Object element : list) {
      if (!(element instanceof Number number)) {
        throw new ToolException("JSON: " + key + " has an element that is not a number");
      }
      numbers.add(number.doubleValue());
    }
    return numbers;
  }

  /** Returns an object of counts, in document order. */
  public static Map<String, Long> counts(Map<String, Object> object, String key)
      throws ToolException {
    Map<String, Object> raw = object(object, key);
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String name : raw.keySet()) {
      counts.put(name, whole(raw, name));
    }
    return counts;
  }

  private static Number number(Map<String, Object> object, String key) throws ToolException {
    if (required(object, key) instanceof Number number) {
      return number;
    }
    throw new ToolException("JSON: " + key + " is not a number");
  }

  private static Object required(Map<String, Object> object, String key) throws ToolException {
    Object value = object.get(key);
    if (value == null) {
      throw new ToolException("JSON: the key " + key + " is missing");
    }
    return value;
  }
}
