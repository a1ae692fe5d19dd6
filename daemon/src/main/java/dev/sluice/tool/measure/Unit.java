package dev.sluice.tool.measure;

import dev.sluice.config.Quantities;
import java.util.Arrays;
import java.util.Locale;

/** The unit of a figure: JSON uses the base unit, text a readable one. */
public enum Unit {
  BYTES_PER_SECOND("bytes_per_second"),
  BUFFERS_PER_SECOND("buffers_per_second"),
  RECORDS_PER_SECOND("records_per_second"),
  SECONDS("seconds"),
  /** CPU time per time: 1 is a whole core. */
  CORES("cores"),
  BYTES("bytes"),
  RECORDS("records"),
  /** Quotient of two quantities. */
  RATIO("ratio"),
  /** Unit in a file that this version does not know. */
  UNKNOWN("unknown");

  private final String jsonName;

  Unit(String jsonName) {
    this.jsonName = jsonName;
  }

  public String jsonName() {
    return jsonName;
  }

  /** More is better for rates, less for everything else. */
  public boolean isMoreBetter() {
    return this == BYTES_PER_SECOND || this == BUFFERS_PER_SECOND || this == RECORDS_PER_SECOND;
  }

  /** Returns the unit of a figure in a file. */
  static Unit ofJsonName(String name) {
    return Arrays.stream(values())
        .filter(unit -> unit.jsonName.equals(name))
        .findFirst()
        .orElse(UNKNOWN);
  }

  public String format(double value) {
    if (Double.isInfinite(value)) {
      return "no limit";
    }
    return switch (this) {
      case BYTES_PER_SECOND -> Quantities.formatRate(value);
      case BUFFERS_PER_SECOND -> String.format(Locale.ROOT, "%.2f M buffers/s", value / 1e6);
      case RECORDS_PER_SECOND -> String.format(Locale.ROOT, "%.1f M records/s", value / 1e6);
      case SECONDS -> Quantities.formatNanos(Math.round(value * 1e9));
      case CORES -> String.format(Locale.ROOT, "%.2f %% of a core", 100 * value);
      case BYTES -> Quantities.formatBytes(Math.round(value));
      case RECORDS -> String.format(Locale.ROOT, "%,.0f records", value);
      case RATIO -> String.format(Locale.ROOT, "%.3g", value);
      case UNKNOWN -> Double.toString(value);
    };
  }
}
