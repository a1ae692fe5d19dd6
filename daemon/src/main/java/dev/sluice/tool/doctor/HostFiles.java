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
 * The host as its files describe it: {@code /proc}, {@code /sys}, {@code /dev}. Tests use another
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

  /** Maps an absolute path of the host to the root. */
  Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  ControlGroupMemory groupMemory() {
    return new ControlGroupMemory(root);
  }

  boolean exists(String absolute) {
    return Files.exists(path(absolute));
  }

  /** Returns the content without surrounding blanks; empty if the file is unreadable. */
  Optional<String> read(String absolute) {
    try {
      return Optional.of(Files.readString(path(absolute)).strip());
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /** Reads a file that contains one number. */
  OptionalLong number(String absolute) {
    return read(absolute).map(HostFiles::parse).orElseGet(OptionalLong::empty);
  }

  /** Returns the number after a label at the start of a line, as in /proc/meminfo. */
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

  /** Returns sorted file names in a folder that match a glob; empty if the folder is unreadable. */
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
