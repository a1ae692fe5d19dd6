package dev.sluice.tool.diagnose;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One of the limits of a rate.
 *
 * @param kind which of them
 * @param bytesPerSecond the highest rate below it; infinite if it does not limit
 * @param arithmetic how it follows from the terms, with the numbers in it
 */
record Ceiling(Kind kind, double bytesPerSecond, String arithmetic) {
  /** The three of the theory; the last one has two causes, with different remedies. */
  enum Kind {
    CONTROL_PATH("control_path", "control path"),
    BUFFER_LIFECYCLE("buffer_lifecycle", "buffer life cycle"),
    BANDWIDTH("bandwidth", "bandwidth"),
    STORAGE("storage", "storage");

    private final String label;
    private final String words;

    Kind(String label, String words) {
      this.label = label;
      this.words = words;
    }

    /** As in the label {@code ceiling} of {@code sluice_headroom_ratio}. */
    String label() {
      return label;
    }

    String words() {
      return words;
    }
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("ceiling", kind.label());
    object.put("bytes_per_second", Numbers.orNull(bytesPerSecond));
    object.put("arithmetic", arithmetic);
    return object;
  }
}
