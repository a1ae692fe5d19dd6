package dev.sluice.tool.bench;

import dev.sluice.config.Quantities;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a figure is measured in; JSON has the base unit, the table a readable one. */
enum Unit {
  BYTES_PER_SECOND("bytes_per_second") {
    @Override
    String format(double value) {
      return Quantities.formatRate(value);
    }
  },
  SECONDS("seconds") {
    @Override
    String format(double value) {
      return Quantities.formatNanos(Math.round(value * 1e9));
    }
  },
  /** Processor time per time: 1 is a whole core. */
  CORES("cores") {
    @Override
    String format(double value) {
      return String.format(Locale.ROOT, "%.2f %% of a core", 100 * value);
    }
  },
  BYTES("bytes") {
    @Override
    String format(double value) {
      return String.format(Locale.ROOT, "%.0fMB", value / 1e6);
    }
  },
  RECORDS_PER_SECOND("records_per_second") {
    @Override
    String format(double value) {
      return String.format(Locale.ROOT, "%.1f M records/s", value / 1e6);
    }
  },
  /** One quantity per another. */
  RATIO("ratio") {
    @Override
    String format(double value) {
      return String.format(Locale.ROOT, "%.3g", value);
    }
  },
  RECORDS("records") {
    @Override
    String format(double value) {
      return String.format(Locale.ROOT, "%,.0f records", value);
    }
  };

  private final String jsonName;

  Unit(String jsonName) {
    this.jsonName = jsonName;
  }

  /** Of rates one wants more, of everything else less. */
  boolean isMoreBetter() {
    return this == BYTES_PER_SECOND || this == RECORDS_PER_SECOND;
  }

  /** The unit of a figure in a file; empty if this version has none of that name. */
  static Optional<Unit> ofJsonName(String name) {
    return Arrays.stream(values()).filter(unit -> unit.jsonName.equals(name)).findFirst();
  }

  String jsonName() {
    return jsonName;
  }

  abstract String format(double value);
}
