package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The configuration layers of {@code SLUICE_} variables and {@code --set}. */
final class ConfigOverrides {
  private static final String PREFIX = "SLUICE_";
  // Variables of the attach client, in an environment that a runtime shares with this process.
  private static final Set<String> OF_CLIENTS =
      Set.of("SLUICE_ATTACH_TIMEOUT_MS", "SLUICE_REPLY_TIMEOUT_MS");
  // Kubernetes sets these in every container for a service whose name begins with "sluice-".
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          ".*_SERVICE_(HOST|PORT|PORT_.+)|.*_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");
  private static final Pattern SERVICE_ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

  private ConfigOverrides() {}

  /**
   * Reads the settings. A variable that begins with SLUICE_ and the name of a section must be a
   * known key. Other SLUICE_ variables are ignored: the launcher sets some, and Kubernetes sets
   * SLUICE_METRICS_PORT and similar for a service {@code sluice-metrics}.
   */
  static Config fromEnvironment(Map<String, String> environment) {
    Map<String, String> keys =
        ConfigKeys.all().stream()
            .collect(Collectors.toMap(ConfigKey::environmentVariable, ConfigKey::path));
    Set<String> sections =
        keys.keySet().stream()
            .map(name -> name.substring(PREFIX.length()).split("_", 2)[0])
            .collect(Collectors.toSet());
    Config config = ConfigFactory.empty();
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      Optional<Integer> device = DeviceKeys.deviceOfVariable(name);
      if (isServiceLink(name, variable.getValue()) || OF_CLIENTS.contains(name)) {
        continue;
      }
      if (device.isPresent()) {
        config =
            with(config, pathOf(device.get(), name), variable.getValue(), "environment " + name);
        continue;
      }
      if (!name.startsWith(PREFIX)
          || !sections.contains(name.substring(PREFIX.length()).split("_", 2)[0])) {
        continue;
      }
      String path = keys.get(name);
      if (path == null) {
        throw new SettingsException(
            "environment: unknown variable " + name + Nearest.didYouMean(name, keys.keySet()));
      }
      config = with(config, path, variable.getValue(), "environment " + name);
    }
    return config;
  }

  private static boolean isServiceLink(String name, String value) {
    return name.startsWith(PREFIX)
        && (SERVICE_LINK.matcher(name).matches()
            || (name.endsWith("_PORT") && SERVICE_ADDRESS.matcher(value).matches()));
  }

  private static String pathOf(int device, String variable) {
    Map<String, String> keys =
        DeviceKeys.of(device).stream()
            .collect(Collectors.toMap(ConfigKey::environmentVariable, ConfigKey::path));
    String path = keys.get(variable);
    if (path == null) {
      throw new SettingsException(
          "environment: unknown variable "
              + variable
              + Nearest.didYouMean(variable, keys.keySet()));
    }
    return path;
  }

  static Config fromOptions(List<String> overrides) {
    Set<String> known =
        ConfigKeys.all().stream()
            .map(ConfigKey::path)
            .collect(Collectors.toCollection(TreeSet::new));
    Config config = ConfigFactory.empty();
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals <= 0) {
        throw new SettingsException(
            "--set "
                + override
                + ": write key=value, for example"
                + " --set sluice.http.listen=127.0.0.1:9797");
      }
      String path = override.substring(0, equals).strip();
      DeviceKeys.deviceOf(path)
          .ifPresent(id -> DeviceKeys.of(id).forEach(own -> known.add(own.path())));
      if (!known.contains(path)) {
        throw new SettingsException("--set: unknown key " + path + Nearest.didYouMean(path, known));
      }
      config = with(config, path, override.substring(equals + 1).strip(), "--set");
    }
    return config;
  }

  private static Config with(Config config, String path, String text, String origin) {
    String list = text.startsWith("[") && text.endsWith("]") ? text : null;
    String value = list == null ? text : list.substring(1, list.length() - 1);
    return config.withValue(path, ConfigValueFactory.fromAnyRef(value, origin));
  }
}
