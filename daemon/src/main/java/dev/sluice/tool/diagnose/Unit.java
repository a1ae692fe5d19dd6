package dev.sluice.tool.diagnose;

import dev.sluice.config.Quantities;
import java.util.Locale;

/** What a term or an edge is measured in; JSON has the base unit, people get a readable one. */
enum Unit {
  BYTES_PER_SECOND("bytes_per_second"),
  BUFFERS_PER_SECOND("buffers_per_second"),
  SECONDS("seconds"),
  BYTES("bytes"),
  RATIO("ratio");

  private final String jsonName;

  Unit(String jsonName) {
    this.jsonName = jsonName;
  }

  String jsonName() {
    return jsonName;
  }

  String format(double value) {
    if (Double.isInfinite(value)) {
      return "no limit";
    }
    return switch (this) {
      case BYTES_PER_SECOND -> Quantities.formatRate(value);
      case BUFFERS_PER_SECOND -> String.format(Locale.ROOT, "%.2f M buffers/s", value / 1e6);
      case SECONDS -> Quantities.formatNanos(Math.round(value * 1e9));
      case BYTES -> Quantities.formatBytes(Math.round(value));
      case RATIO -> String.format(Locale.ROOT, "%.2f %%", 100 * value);
    };
  }
}
