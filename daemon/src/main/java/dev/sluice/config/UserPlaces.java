package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Places of sockets and captures for a user who runs Sluice without installing it: the user's
 * directories of the XDG base directory specification. Daemon and commands apply the same rule, so
 * that they find each other.
 */
public final class UserPlaces {
  private static final String ORIGIN = "user default";
  private static final Path RUNTIME = Path.of("/run/sluice");

  private UserPlaces() {}

  /**
   * Returns values by key; empty if {@code /run/sluice} exists or can be created, as for an
   * installed service and for root.
   */
  static Map<String, String> of(Map<String, String> environment) {
    return of(environment, Files.exists(RUNTIME) || Files.isWritable(RUNTIME.getParent()));
  }

  static Map<String, String> of(Map<String, String> environment, boolean isSystem) {
    String home = environment.getOrDefault("HOME", "");
    if (isSystem || home.isEmpty()) {
      return Map.of();
    }
    Path state =
        absolute(environment.get("XDG_STATE_HOME"), Path.of(home, ".local", "state"))
            .resolve("sluice");
    Path runtime =
        environment.getOrDefault("XDG_RUNTIME_DIR", "").isEmpty()
            ? state.resolve("run")
            : absolute(environment.get("XDG_RUNTIME_DIR"), state).resolve("sluice");
    Map<String, String> places = new LinkedHashMap<>();
    places.put(ConfigKeys.CONTROL_SOCKET.path(), runtime.resolve("control.sock").toString());
    places.put(ConfigKeys.ATTACH_SOCKET.path(), runtime.resolve("attach.sock").toString());
    places.put(ConfigKeys.CAPTURE_DIRECTORY.path(), state.resolve("captures").toString());
    return places;
  }

  /** The specification requires relative paths to be ignored. */
  private static Path absolute(String value, Path otherwise) {
    return value != null && value.startsWith("/") ? Path.of(value) : otherwise;
  }

  static Config layer(Map<String, String> places) {
    Config config = ConfigFactory.empty();
    for (Map.Entry<String, String> place : places.entrySet()) {
      config =
          config.withValue(place.getKey(), ConfigValueFactory.fromAnyRef(place.getValue(), ORIGIN));
    }
    return config;
  }

  /**
   * Creates the directories of the sockets before a daemon starts: a user's directories for this
   * user only, and {@code /run/sluice} for root without a service.
   *
   * @throws SettingsException with one line
   */
  public static void makeDirectories(Configuration configuration) {
    for (ConfigKey<Path> key : List.of(ConfigKeys.CONTROL_SOCKET, ConfigKeys.ATTACH_SOCKET)) {
      Path directory = configuration.get(key).getParent();
      boolean isUsers = configuration.origin(key).equals(ORIGIN);
      if (isUsers || directory.equals(RUNTIME)) {
        String mode = isUsers ? "rwx------" : "rwxr-xr-x"; // other users' producers need access
        try {
          Files.createDirectories(
              directory,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
        } catch (IOException e) {
          throw new SettingsException(
              "cannot create the directory " + directory + " for the sockets: " + IoReason.of(e));
        }
      }
    }
  }
}
