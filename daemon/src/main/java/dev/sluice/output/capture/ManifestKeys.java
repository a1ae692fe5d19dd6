package dev.sluice.output.capture;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the keys of one JSON object; throws an error that names a missing or malformed key.
 *
 * @param source file, and the key of the object within it
 */
record ManifestKeys(String source, Map<String, Object> json) {

  boolean has(String key) {
    return json.get(key) != null;
  }

  long whole(String key) throws CaptureException {
    Object value = required(key);
    if (value instanceof Long || value instanceof Integer) {
      return ((Number) value).longValue();
    }
    throw wrong(key, "not a whole number");
  }

  int integer(String key) throws CaptureException {
    long value = whole(key);
    if (value != (int) value) {
      throw wrong(key, "too large");
    }
    return (int) value;
  }

  String text(String key) throws CaptureException {
    if (required(key) instanceof String text) {
      return text;
    }
    throw wrong(key, "not a string");
  }

  List<String> texts(String key) throws CaptureException {
    List<String> texts = new ArrayList<>();
    for (Object element : list(key)) {
      if (!(element instanceof String text)) {
        throw wrong(key, "not a list of strings");
      }
      texts.add(text);
    }
    return texts;
  }

  List<Integer> integers(String key) throws CaptureException {
    List<Integer> integers = new ArrayList<>();
    for (Object element : list(key)) {
      if (!(element instanceof Integer integer)) {
        throw wrong(key, "not a list of whole numbers");
      }
      integers.add(integer);
    }
    return integers;
  }

  private List<?> list(String key) throws CaptureException {
    if (required(key) instanceof List<?> list) {
      return list;
    }
    throw wrong(key, "not a list");
  }

  @SuppressWarnings("unchecked") // the parser returns Map<String, Object> for every object
  ManifestKeys object(String key) throws CaptureException {
    if (required(key) instanceof Map<?, ?> map) {
      return new ManifestKeys(source + ", " + key, (Map<String, Object>) map);
    }
    throw wrong(key, "not an object");
  }

  @SuppressWarnings("unchecked") // as in object
  List<ManifestKeys> objects(String key) throws CaptureException {
    List<ManifestKeys> objects = new ArrayList<>();
    for (Object element : list(key)) {
      if (!(element instanceof Map<?, ?> map)) {
        throw wrong(key, "not a list of objects");
      }
      objects.add(new ManifestKeys(source + ", " + key, (Map<String, Object>) map));
    }
    return objects;
  }

  /** Returns the counts of all keys of this object. */
  Map<String, Long> counts() throws CaptureException {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String key : json.keySet()) {
      counts.put(key, whole(key));
    }
    return counts;
  }

  private Object required(String key) throws CaptureException {
    Object value = json.get(key);
    if (value == null) {
      throw new CaptureException(source + " is damaged: the key " + key + " is missing");
    }
    return value;
  }

  private CaptureException wrong(String key, String what) {
    return new CaptureException(source + " is damaged: " + key + " is " + what);
  }
}
