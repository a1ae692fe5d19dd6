package dev.sluice;

import dev.sluice.config.ConfigKeys;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.HttpSettings;
import dev.sluice.config.Settings;
import dev.sluice.config.SettingsException;
import dev.sluice.config.UserPlaces;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.security.WebConfigException;
import dev.sluice.service.security.WebSecurity;
import dev.sluice.service.transport.BindException;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.doctor.Doctor;
import dev.sluice.tool.doctor.Finding;
import dev.sluice.tool.doctor.Grade;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts daemons for the commands: loads the configuration and assembles the parts. */
final class SluiceHost implements DaemonHost {
  private static final Logger log = LoggerFactory.getLogger(SluiceHost.class);

  private final BuildInfo build;
  private final Map<String, String> serviceEnvironment;

  /**
   * @param serviceEnvironment where a service manager passes its notification socket; empty for a
   *     daemon that is not a service
   */
  SluiceHost(BuildInfo build, Map<String, String> serviceEnvironment) {
    this.build = build;
    this.serviceEnvironment = serviceEnvironment;
  }

  @Override
  public Running start(Optional<Path> config, Map<String, String> overrides) throws ToolException {
    List<String> settings =
        overrides.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()).toList();
    // A wrong setting propagates: the command line turns it into exit code 2.
    Supplier<Configuration> source = () -> Configuration.load(ConfigSources.of(config, settings));
    Configuration configuration = source.get();
    UserPlaces.makeDirectories(configuration);
    try {
      Running daemon = SluiceDaemon.start(configuration, source, build, serviceEnvironment);
      if (!serviceEnvironment.isEmpty()) {
        examineHost(configuration.settings());
      }
      return daemon;
    } catch (BindException e) {
      throw new ToolException(e.getMessage(), e);
    }
  }

  @Override
  public void check(Configuration configuration) {
    security(configuration.settings().http(), new HttpTraffic()).close();
  }

  /** Throws {@link SettingsException} with one line if the web configuration is unusable. */
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

  /** Logs the state of the host at the start of a service: operators check the log first. */
  private static void examineHost(Settings settings) {
    List<Finding> findings = Doctor.ofThisHost(settings).examineForStart();
    if (findings.stream().anyMatch(finding -> finding.grade() == Grade.BAD)) {
      log.warn("{}", Doctor.summary(findings));
    } else {
      log.info("{}", Doctor.summary(findings));
    }
  }
}
