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
  PARQUET,
  /** The runtime's own file of what the performance counters of cores showed. */
  PMU_CSV,
  /** The runtime's own file of scope statistics. */
  SCOPE_STATS_JSONL;

  /** Whether it is one of the runtime's own files, of one run of one device each. */
  public boolean isRuntimeFile() {
    return this == RECORDS_JSON || !isTimed();
  }

  /** Whether its records have times. */
  public boolean isTimed() {
    return this != PMU_CSV && this != SCOPE_STATS_JSONL;
  }

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
