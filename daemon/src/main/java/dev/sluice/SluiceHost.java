package dev.sluice;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.transport.BindException;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ToolException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts daemons for the commands: loads the configuration and puts the parts together. */
final class SluiceHost implements DaemonHost {
  private final BuildInfo build;

  SluiceHost(BuildInfo build) {
    this.build = build;
  }

  @Override
  public Running start(Optional<Path> config, Map<String, String> overrides) throws ToolException {
    List<String> settings =
        overrides.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()).toList();
    // A wrong setting passes through: the command line turns it into exit code 2.
    Configuration configuration = Configuration.load(ConfigSources.of(config, settings));
    try {
      return SluiceDaemon.start(configuration.settings(), build);
    } catch (BindException e) {
      throw new ToolException(e.getMessage(), e);
    }
  }
}
