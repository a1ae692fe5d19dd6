package dev.sluice.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sources of settings, weakest first; the built-in reference is weaker than all of them.
 *
 * @param file HOCON file, if any
 * @param environment all variables of the process
 * @param overrides {@code key=value} of each {@code --set}, in order; the last wins
 * @param places replacements of built-in defaults for this user, by key
 */
public record ConfigSources(
    Optional<Path> file,
    Map<String, String> environment,
    List<String> overrides,
    Map<String, String> places) {
  public static final Path INSTALLED_FILE = Path.of("/etc/sluice/sluice.conf");

  public ConfigSources {
    environment = Map.copyOf(environment);
    overrides = List.copyOf(overrides);
    places = Map.copyOf(places);
  }

  /** Creates sources with the built-in defaults, the same for every user. */
  public ConfigSources(
      Optional<Path> file, Map<String, String> environment, List<String> overrides) {
    this(file, environment, overrides, Map.of());
  }

  /** Returns the built-in defaults only. */
  public static ConfigSources none() {
    return new ConfigSources(Optional.empty(), Map.of(), List.of());
  }

  /**
   * Returns the sources of a command in this process.
   *
   * @param configOption value of {@code --config}; empty for the installed file if it exists,
   *     readable or not
   */
  public static ConfigSources of(Optional<Path> configOption, List<String> overrides) {
    Optional<Path> file =
        configOption.or(() -> Optional.of(INSTALLED_FILE).filter(ConfigSources::isThere));
    Map<String, String> environment = System.getenv();
    return new ConfigSources(file, environment, overrides, UserPlaces.of(environment));
  }

  /** Returns true for unreadable files, too: ignoring one would start with other settings. */
  static boolean isThere(Path file) {
    try {
      Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
