package dev.sluice;

import dev.sluice.config.ConfigKeys;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.HttpSettings;
import dev.sluice.config.SettingsException;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.security.WebConfigException;
import dev.sluice.service.security.WebSecurity;
import dev.sluice.service.transport.BindException;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ToolException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Starts daemons for the commands: loads the configuration and puts the parts together. */
final class SluiceHost implements DaemonHost {
  private final BuildInfo build;
  private final Map<String, String> serviceEnvironment;

  /**
   * @param serviceEnvironment where a service manager says that it wants to be notified; empty for
   *     a daemon that is no service
   */
  SluiceHost(BuildInfo build, Map<String, String> serviceEnvironment) {
    this.build = build;
    this.serviceEnvironment = serviceEnvironment;
  }

  @Override
  public Running start(Optional<Path> config, Map<String, String> overrides) throws ToolException {
    List<String> settings =
        overrides.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()).toList();
    // A wrong setting passes through: the command line turns it into exit code 2.
    Supplier<Configuration> source = () -> Configuration.load(ConfigSources.of(config, settings));
    Configuration configuration = source.get();
    try {
      return SluiceDaemon.start(configuration, source, build, serviceEnvironment);
    } catch (BindException e) {
      throw new ToolException(e.getMessage(), e);
    }
  }

  @Override
  public void check(Configuration configuration) {
    security(configuration.settings().http(), new HttpTraffic()).close();
  }

  /** Throws {@link SettingsException} with one line when the web configuration cannot be used. */
  static WebSecurity security(HttpSettings settings, HttpTraffic traffic) {
    try {
      return WebSecurity.open(settings.webConfig(), traffic);
    } catch (WebConfigException e) {
      throw new SettingsException(
          ConfigKeys.HTTP_WEB_CONFIG.path()
              + ": "
              + settings.webConfig().map(Path::toString).orElse("")
              + ": "
              + e.getMessage());
    }
  }
}
