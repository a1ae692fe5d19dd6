package dev.sluice.tool.diagnose;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How a diagnosis shares the processors of this machine. The device has one of its own, as a real
 * one has: a thread of the daemon that came onto it would slow the device down, which would then
 * not write what the run is about.
 *
 * @param allowed the numbers of those that this process may use, ascending
 */
record Processors(List<Integer> allowed) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String KEY = "Cpus_allowed_list:";

  Processors {
    allowed = List.copyOf(allowed);
  }

  /** Those of this process; none where the host does not tell. */
  static Processors ofThisProcess() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(KEY))
          .map(line -> parse(line.substring(KEY.length()).strip()))
          .findFirst()
          .orElse(new Processors(List.of()));
    } catch (IOException ignored) {
      // Then no thread is pinned.
      return new Processors(List.of());
    }
  }

  /** Reads a list as the kernel writes it, such as {@code 0-3,8}. */
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

  /** With one, device and daemon take turns anyway. */
  boolean canBeShared() {
    return allowed.size() > 1;
  }

  /** Where the device runs, as {@code sluice-producer --cpus} takes it. */
  String device() {
    return Integer.toString(allowed.get(0));
  }

  /** Where the lanes of a private daemon run, as {@code sluice.drain.cpus} takes it. */
  String lanes() {
    return allowed.stream()
        .skip(1)
        .map(number -> Integer.toString(number))
        .collect(Collectors.joining(",", "[", "]"));
  }
}
