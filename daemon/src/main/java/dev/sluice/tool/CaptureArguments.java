package dev.sluice.tool;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import dev.sluice.output.capture.CaptureFormat;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The directory of captures, for the commands that read them. */
public final class CaptureArguments {
  private static final String LATEST = "latest";

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the captures are. Default: from the configuration.")
  private Path directory;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file of the daemon, to find the directory.")
  private Path config;

  /** Returns the settings of the daemon on this machine. */
  Settings settings() {
    return Configuration.load(ConfigSources.of(Optional.ofNullable(config), List.of())).settings();
  }

  /** Fails if the directory of {@code --directory} is missing; the default may be missing. */
  void checkDirectory() throws ToolException {
    if (directory != null && !Files.exists(directory)) {
      throw new ToolException("no such directory: " + directory);
    }
  }

  Path directory() {
    return directory != null ? directory : settings().capture().directory();
  }

  /**
   * Finds a capture by path, by name as {@code captures} lists it, by a unique prefix of the name,
   * or by {@code latest}.
   */
  Path capture(String nameOrPath) throws ToolException {
    Path path = Path.of(nameOrPath);
    if (Files.isDirectory(path)) {
      return path;
    }
    if (path.isAbsolute()) {
      throw new ToolException("no capture at " + path + "; see '" + list() + "'");
    }
    for (String folder : List.of("", "snapshots")) {
      Path named = directory().resolve(folder).resolve(nameOrPath);
      if (Files.isDirectory(named)) {
        return named;
      }
    }
    List<Path> all = captures("");
    if (nameOrPath.equals(LATEST) && !all.isEmpty()) {
      return all.get(all.size() - 1);
    }
    all.addAll(captures("snapshots"));
    List<Path> matches =
        all.stream()
            .filter(
                capture ->
                    capture.getFileName().toString().startsWith(nameOrPath)
                        || directory().relativize(capture).toString().startsWith(nameOrPath))
            .toList();
    if (matches.size() == 1) {
      return matches.get(0);
    }
    throw new ToolException(
        (matches.isEmpty()
                ? "no capture " + nameOrPath + " in " + directory()
                : matches.size() + " captures begin with " + nameOrPath)
            + "; see '"
            + list()
            + "'");
  }

  /** Returns capture directories, oldest first by name: a name begins with the time. */
  private List<Path> captures(String folder) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory().resolve(folder))) {
      for (Path entry : entries) {
        if (Files.exists(entry.resolve(CaptureFormat.MANIFEST))) {
          found.add(entry);
        }
      }
    } catch (IOException ignored) {
      // No list then; the caller reports the error.
    }
    found.sort(Comparator.naturalOrder());
    return found;
  }

  /** Returns the command that lists the captures. */
  private String list() {
    return directory == null
        ? Invocation.of("captures")
        : Invocation.of("captures", "--directory", directory.toString());
  }
}
