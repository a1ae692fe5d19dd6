package dev.sluice.tool;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where captures are, for the commands that read them. */
public final class CaptureArguments {
  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the captures are. Default: that of the configuration.")
  private Path directory;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file of the daemon; it names the directory.")
  private Path config;

  /** The settings of the daemon on this machine. */
  Settings settings() {
    return Configuration.load(ConfigSources.of(Optional.ofNullable(config), List.of())).settings();
  }

  /** What {@code --directory} names must be there; without captures yet the default need not. */
  void checkDirectory() throws ToolException {
    if (directory != null && !Files.exists(directory)) {
      throw new ToolException("no such directory: " + directory);
    }
  }

  Path directory() {
    return directory != null ? directory : settings().capture().directory();
  }

  /** A capture by its path, or by its name as {@code captures} lists it; snapshots also without. */
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
    throw new ToolException(
        "no capture " + nameOrPath + " in " + directory() + "; see '" + list() + "'");
  }

  /** The command that lists what there is. */
  private String list() {
    return directory == null
        ? Invocation.of("captures")
        : Invocation.of("captures", "--directory", directory.toString());
  }
}
