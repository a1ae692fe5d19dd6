package dev.sluice.tool.bench;

import java.nio.file.Path;
import java.util.List;

/** A host in plain C that the daemon is measured beside. */
enum Baseline {
  FLOOR_COUNT("floor/count", "C floor, one loop that drains, refills at once and counts") {
    @Override
    List<String> arguments(Path file) {
      return List.of("floor", "--memory", "0");
    }
  },
  FLOOR_COPY(
      "floor/copy", "C floor, one loop that drains, refills at once and copies into memory") {
    @Override
    List<String> arguments(Path file) {
      return List.of("floor");
    }
  },
  FLOOR_FILE(
      "floor/file",
      "C floor, one loop that drains, refills at once and writes to a file (1GiB, over and over,"
          + " tmpfs where there is one)") {
    @Override
    List<String> arguments(Path file) {
      return List.of("floor", "--file", file.toString());
    }
  },
  OLD_HOST(
      "old-host/clean",
      "old design: refill on entries, locked queue, 10 us sleeps, records kept in vectors") {
    @Override
    List<String> arguments(Path file) {
      return List.of("old-host");
    }
  },
  OLD_HOST_RING("old-host/ring", "old design that copies the records into a ring instead") {
    @Override
    List<String> arguments(Path file) {
      return List.of("old-host", "--ring");
    }
  },
  OLD_HOST_SWEEP("old-host/sweep", "old design that looks at every pool on every pass") {
    @Override
    List<String> arguments(Path file) {
      return List.of("old-host", "--sweep");
    }
  };

  private final String prefix;
  private final String description;

  Baseline(String prefix, String description) {
    this.prefix = prefix;
    this.description = description;
  }

  /** Mode and options of the program. */
  abstract List<String> arguments(Path file);

  /** The name of the workload for a geometry such as {@code g1-24x1}. */
  String workload(String geometry) {
    return prefix + "-" + geometry;
  }

  String description() {
    return description;
  }
}
