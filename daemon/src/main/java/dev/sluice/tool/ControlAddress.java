package dev.sluice.tool;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.SettingsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The control socket that a command uses. */
final class ControlAddress {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file of the daemon, to find the control socket.")
  private Path config;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description = "Control socket of the daemon. Default: from the configuration.")
  private Path socket;

  ControlClient client() {
    return new ControlClient(path());
  }

  Path path() {
    if (socket != null) {
      return socket;
    }
    ConfigSources sources = ConfigSources.of(Optional.ofNullable(config), List.of());
    try {
      return Configuration.load(sources).settings().control().socket();
    } catch (SettingsException e) {
      // The daemon may still run with an older file, and this file still names its socket.
      Path found = Configuration.controlSocket(sources);
      spec.commandLine().getErr().println("sluice: " + e.getMessage());
      return found;
    }
  }
}
