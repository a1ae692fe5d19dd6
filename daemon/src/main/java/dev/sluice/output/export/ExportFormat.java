package dev.sluice.output.export;

import java.util.Arrays;
import java.util.Locale;

/** What an export makes. */
public enum ExportFormat {
  /** The runtime's own records file. */
  RECORDS_JSON,
  /** Trace Event Format for chrome://tracing and Perfetto. */
  CHROME_TRACE,
  /** Perfetto's own format. */
  PERFETTO,
  /** A directory with one table per kind. */
  CSV,
  /** A directory of tables for engines: DuckDB, Spark, Trino. */
  PARQUET;

  /** Whether it is a timeline. */
  public boolean isTrace() {
    return this == CHROME_TRACE || this == PERFETTO;
  }

  /** As written on a command line. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @throws IllegalArgumentException with one line for a person
   */
  public static ExportFormat parse(String id) {
    return Arrays.stream(values())
        .filter(format -> format.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "unknown format '"
                        + id
                        + "'; there are "
                        + String.join(
                            ", ", Arrays.stream(values()).map(ExportFormat::id).toList())));
  }
}
