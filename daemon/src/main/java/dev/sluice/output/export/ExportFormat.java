package dev.sluice.output.export;

import java.util.Arrays;
import java.util.Locale;

/** Output format of an export. */
public enum ExportFormat {
  /** The runtime's own records file. */
  RECORDS_JSON,
  /** Trace Event Format for chrome://tracing and Perfetto. */
  CHROME_TRACE,
  /** Perfetto's own format. */
  PERFETTO,
  /** A directory with one table per kind. */
  CSV,
  /** A directory of tables for query engines: DuckDB, Spark, Trino. */
  PARQUET,
  /** The runtime's own file of the cores' performance counters. */
  PMU_CSV,
  /** The runtime's own file of scope statistics. */
  SCOPE_STATS_JSONL;

  /** Returns whether it is one of the runtime's own files, each for one run of one device. */
  public boolean isRuntimeFile() {
    return this == RECORDS_JSON || !isTimed();
  }

  /** Returns whether its records have times. */
  public boolean isTimed() {
    return this != PMU_CSV && this != SCOPE_STATS_JSONL;
  }

  /** Returns whether it is a timeline. */
  public boolean isTrace() {
    return this == CHROME_TRACE || this == PERFETTO;
  }

  /** Name on the command line. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @throws IllegalArgumentException with a one-line message for people
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
                        + "'; write one of "
                        + String.join(
                            ", ", Arrays.stream(values()).map(ExportFormat::id).toList())));
  }
}
