package dev.sluice.tool.diagnose;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Divides the CPUs of this machine for a diagnosis. The device gets a CPU of its own, like a real
 * one: a daemon thread on that CPU would slow the device down, and it would not write the rate
 * under test.
 *
 * @param allowed CPUs that this process may use, ascending
 */
record Processors(List<Integer> allowed) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String KEY = "Cpus_allowed_list:";

  Processors {
    allowed = List.copyOf(allowed);
  }

  /** Returns the CPUs of this process; empty if the host does not report them. */
  static Processors ofThisProcess() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(KEY))
          .map(line -> parse(line.substring(KEY.length()).strip()))
          .findFirst()
          .orElse(new Processors(List.of()));
    } catch (IOException ignored) {
      // No thread is pinned then.
      return new Processors(List.of());
    }
  }

  /** Parses a list as the kernel writes it, such as {@code 0-3,8}. */
  static Processors parse(String list) {
    List<Integer> numbers = new ArrayList<>();
    for (String range : list.split(",", -1)) {
      String[] ends = range.split("-", 2);
      int last = Integer.parseInt(ends[ends.length - 1]);
      for (int number = Integer.parseInt(ends[0]); number <= last; number++) {
        numbers.add(number);
      }
    }
    return new Processors(numbers);
  }

  /** Returns whether device and daemon can have separate CPUs; with only one they take turns. */
  boolean canBeShared() {
    return allowed.size() > 1;
  }

  /** Returns the device's CPU, in the form of {@code sluice-producer --cpus}. */
  String device() {
    return Integer.toString(allowed.get(0));
  }

  /** Returns the CPUs of a private daemon's lanes, in the form of {@code sluice.drain.cpus}. */
  String lanes() {
    return allowed.stream()
        .skip(1)
        .map(number -> Integer.toString(number))
        .collect(Collectors.joining(",", "[", "]"));
  }
}
