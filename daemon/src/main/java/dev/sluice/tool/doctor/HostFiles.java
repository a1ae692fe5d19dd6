package dev.sluice.tool.doctor;

import dev.sluice.bridge.ControlGroupMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The host as described by its files: {@code /proc}, {@code /sys}, {@code /dev}. Tests give another
 * root.
 */
public final class HostFiles {
  private final Path root;

  /**
   * @param root {@code /}, except in tests
   */
  public HostFiles(Path root) {
    this.root = root;
  }

  /** Where an absolute path of the host is. */
  Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  ControlGroupMemory groupMemory() {
    return new ControlGroupMemory(root);
  }

  boolean exists(String absolute) {
    return Files.exists(path(absolute));
  }

  /** The content without blanks at its ends; absent if it cannot be read. */
  Optional<String> read(String absolute) {
    try {
      return Optional.of(Files.readString(path(absolute)).strip());
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /** A file that holds one number. */
  OptionalLong number(String absolute) {
    return read(absolute).map(HostFiles::parse).orElseGet(OptionalLong::empty);
  }

  /** The number after a label at the start of a line, as in /proc/meminfo. */
  OptionalLong field(String absolute, String label) {
    return read(absolute).stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(label))
        .map(line -> parse(line.substring(label.length()).strip().split("\\s+", 2)[0]))
        .findFirst()
        .orElseGet(OptionalLong::empty);
  }

  private static OptionalLong parse(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Names in a folder that match a glob, sorted; empty if the folder cannot be read. */
  List<String> names(String folder, String glob) {
    try (Stream<Path> files = Files.list(path(folder))) {
      var matcher = root.getFileSystem().getPathMatcher("glob:" + glob);
      return files
          .map(Path::getFileName)
          .filter(matcher::matches)
          .map(Path::toString)
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
