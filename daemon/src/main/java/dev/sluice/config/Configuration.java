package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigParseable;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A loaded and fully checked configuration: every key has a legal value and a known origin.
 * Immutable. Any error throws a {@link SettingsException} whose one line names the place, the key
 * and the legal values.
 */
public final class Configuration implements SettingsSource {
  private static final String REFERENCE = "/sluice.conf";

  private final Map<ConfigKey<?>, Object> values = new LinkedHashMap<>();
  private final Map<ConfigKey<?>, String> origins = new LinkedHashMap<>();
  private final Settings settings;

  private Configuration(Config merged) {
    SortedSet<Integer> devices = devices(merged);
    List<ConfigKey<?>> ofDevices =
        devices.stream().flatMap(id -> DeviceKeys.of(id).stream()).toList();
    UnknownKeys.refuse(
        merged.root(),
        Stream.concat(ConfigKeys.all().stream(), ofDevices.stream())
            .map(ConfigKey::path)
            .collect(Collectors.toSet()));
    for (ConfigKey<?> key : ConfigKeys.all()) {
      if (!merged.hasPath(key.path())) {
        throw new SettingsException(key.path() + " has no value: it may not be null");
      }
      put(key, merged.getValue(key.path()));
    }
    for (ConfigKey<?> key : ofDevices) {
      if (merged.hasPath(key.path())) {
        put(key, merged.getValue(key.path()));
      }
    }
    this.settings = SettingsBuilder.build(this, devices());
  }

  /** Creates the configuration in force after a reload: see {@link #reloaded}. */
  private Configuration(Configuration running, Configuration next) {
    for (ConfigKey<?> key : running.keysWith(next)) {
      Configuration from = key.applies() == Applies.RESTART ? running : next;
      if (from.has(key)) {
        values.put(key, from.values.get(key));
        origins.put(key, from.origins.get(key));
      }
    }
    this.settings = SettingsBuilder.build(this, devices());
  }

  private void put(ConfigKey<?> key, ConfigValue value) {
    values.put(key, read(key, value));
    origins.put(key, describe(value.origin()));
  }

  /** Returns the devices with a section of their own, whatever its content. */
  private static SortedSet<Integer> devices(Config merged) {
    SortedSet<Integer> devices = new TreeSet<>();
    if (!merged.hasPath(DeviceKeys.SECTION)) {
      return devices;
    }
    ConfigValue value = merged.getValue(DeviceKeys.SECTION);
    if (!(value instanceof ConfigObject sections)) {
      throw new SettingsException(
          describe(value.origin())
              + ": "
              + DeviceKeys.SECTION
              + " is a section, write "
              + DeviceKeys.SECTION
              + " { 0 { ... } }");
    }
    sections.forEach(
        (name, section) ->
            devices.add(
                DeviceKeys.number(name)
                    .orElseThrow(
                        () ->
                            new SettingsException(
                                describe(section.origin())
                                    + ": "
                                    + DeviceKeys.SECTION
                                    + "."
                                    + name
                                    + ": '"
                                    + name
                                    + "' is not a device number, write "
                                    + DeviceKeys.SECTION
                                    + ".0"))));
    return devices;
  }

  /** Returns the devices with at least one key of their own. */
  private SortedSet<Integer> devices() {
    return values.keySet().stream()
        .flatMap(key -> DeviceKeys.deviceOf(key.path()).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Returns all keys with a value in either configuration, in the order of the reference. */
  private Set<ConfigKey<?>> keysWith(Configuration other) {
    Set<ConfigKey<?>> keys = new LinkedHashSet<>(values.keySet());
    keys.addAll(other.values.keySet());
    return keys;
  }

  /** Layers the sources, then checks everything. */
  public static Configuration load(ConfigSources sources) {
    try {
      return new Configuration(merged(sources));
    } catch (ConfigException e) {
      throw new SettingsException(describe(e));
    }
  }

  /**
   * Returns the control socket of the configuration's daemon, even if other keys are wrong.
   *
   * @throws SettingsException if the sources cannot be parsed
   */
  public static Path controlSocket(ConfigSources sources) {
    try {
      ConfigKey<Path> key = ConfigKeys.CONTROL_SOCKET;
      return read(key, merged(sources).getValue(key.path()));
    } catch (ConfigException e) {
      throw new SettingsException(describe(e));
    }
  }

  private static Config merged(ConfigSources sources) {
    return ConfigOverrides.fromOptions(sources.overrides())
        .withFallback(ConfigOverrides.fromEnvironment(sources.environment()))
        .withFallback(sources.file().map(Configuration::file).orElse(ConfigFactory.empty()))
        .withFallback(UserPlaces.layer(sources.places()))
        .withFallback(reference())
        .resolve();
  }

  /** Converts the library's own errors (syntax, substitutions) to our form: {@code file:line}. */
  private static String describe(ConfigException e) {
    if (e.origin() == null) {
      return "configuration: " + e.getMessage();
    }
    String libraryPrefix = e.origin().description() + ": ";
    String reason =
        e.getMessage()
            .replace(libraryPrefix, "")
            // The library's text for the end of a section.
            .replace("expecting a close parentheses ')' here", "a closing '}' is missing");
    return describe(e.origin()) + ": " + reason;
  }

  public Settings settings() {
    return settings;
  }

  /** Returns the keys whose value differs in the next configuration, in reference order. */
  public List<ConfigKey<?>> changed(Configuration next) {
    return keysWith(next).stream()
        .filter(key -> !Objects.equals(values.get(key), next.values.get(key)))
        .collect(Collectors.toList());
  }

  /**
   * Returns what a running daemon can adopt of the next configuration: all values except those that
   * need a restart.
   *
   * @throws SettingsException if the two do not fit together
   */
  public Configuration reloaded(Configuration next) {
    return new Configuration(this, next);
  }

  /** Returns the effective values as a HOCON file that loads to the same, with their origins. */
  public String render() {
    StringBuilder text = new StringBuilder();
    for (ConfigKey<?> key : values.keySet()) {
      String line = key.path() + " = " + written(key);
      text.append(String.format("%-52s # %s%n", line, origins.get(key)));
    }
    return text.toString();
  }

  /** Returns the value of a key, in the key's type. */
  @Override
  @SuppressWarnings("unchecked") // the same key's reader put it there
  public <T> T get(ConfigKey<T> key) {
    return (T) values.get(key);
  }

  /** Returns the value of a key in file syntax. */
  <T> String written(ConfigKey<T> key) {
    return key.type().writer().apply(get(key));
  }

  /** Returns the origin of a value: {@code file:line}, a variable, --set, or "default". */
  @Override
  public String origin(ConfigKey<?> key) {
    return origins.get(key);
  }

  /** Returns whether the key has a value; a general key always has one. */
  boolean has(ConfigKey<?> key) {
    return values.containsKey(key);
  }

  /** Returns the values for a device: its own if set, otherwise the general ones. */
  SettingsSource of(int device) {
    return new SettingsSource() {
      @Override
      public <T> T get(ConfigKey<T> key) {
        return Configuration.this.get(effective(key));
      }

      @Override
      public String origin(ConfigKey<?> key) {
        return Configuration.this.origin(effective(key));
      }

      private <T> ConfigKey<T> effective(ConfigKey<T> key) {
        return DeviceKeys.own(device, key).filter(Configuration.this::has).orElse(key);
      }
    };
  }

  private static Config file(Path path) {
    refuseUnreadable(path);
    // Parse any extension as HOCON: users name a file sluice.conf.new, or pass a pipe.
    return ConfigFactory.parseFile(
        path.toFile(),
        ConfigParseOptions.defaults()
            .setSyntax(ConfigSyntax.CONF)
            .setIncluder(new Includes(path.toAbsolutePath().getParent(), null)));
  }

  /** Rejects a directory or an unreadable file without opening it: it may be a pipe. */
  private static void refuseUnreadable(Path path) {
    String reason;
    try {
      boolean isDirectory = Files.readAttributes(path, BasicFileAttributes.class).isDirectory();
      if (!isDirectory && Files.isReadable(path)) {
        return;
      }
      reason = isDirectory ? "it is a directory" : "permission denied";
    } catch (IOException e) {
      reason = Files.isSymbolicLink(path) ? "it is a dangling link" : IoReason.of(e);
    }
    throw new SettingsException("cannot read the configuration file " + path + ": " + reason);
  }

  /** Rejects unreadable includes, which the library treats as missing. */
  private record Includes(Path base, ConfigIncluder fallback)
      implements ConfigIncluder, ConfigIncluderFile {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder next) {
      return fallback == null ? new Includes(base, next) : this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      ConfigParseable relative = context.relativeTo(what);
      String name = relative == null ? null : relative.origin().filename();
      // The library reports no file for a dangling link or in a closed directory.
      refuse(name == null ? base.resolve(what) : Path.of(name));
      return fallback.include(context, what);
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      refuse(what.toPath());
      return ConfigFactory.parseFileAnySyntax(what, context.parseOptions()).root();
    }

    private static void refuse(Path included) {
      if (ConfigSources.isThere(included)) {
        refuseUnreadable(included);
      }
    }
  }

  private static Config reference() {
    try (InputStream stream = Configuration.class.getResourceAsStream(REFERENCE)) {
      if (stream == null) {
        throw new IllegalStateException("the built-in reference " + REFERENCE + " is not packaged");
      }
      return ConfigFactory.parseReader(
          new InputStreamReader(stream, StandardCharsets.UTF_8),
          ConfigParseOptions.defaults().setOriginDescription("default"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T read(ConfigKey<T> key, ConfigValue value) {
    ConfigType<T> type = key.type();
    try {
      return type.reader().apply(texts(value, type.isList()));
    } catch (IllegalArgumentException e) {
      throw new SettingsException(
          describe(value.origin())
              + ": "
              + key.path()
              + " must be "
              + type.allowed()
              + ": "
              + e.getMessage());
    }
  }

  private static List<String> texts(ConfigValue value, boolean isList) {
    if (value.valueType() == ConfigValueType.OBJECT) {
      throw new IllegalArgumentException("it is a section");
    }
    if (!(value instanceof ConfigList list)) {
      return List.of(String.valueOf(value.unwrapped()));
    }
    if (!isList) {
      throw new IllegalArgumentException("it is a list");
    }
    List<String> texts = new ArrayList<>();
    for (ConfigValue element : list) {
      if (element.valueType() == ConfigValueType.LIST
          || element.valueType() == ConfigValueType.OBJECT) {
        throw new IllegalArgumentException("it has a nested list or section");
      }
      texts.add(String.valueOf(element.unwrapped()));
    }
    return texts;
  }

  static String describe(ConfigOrigin origin) {
    if (origin.filename() != null) {
      return origin.filename() + (origin.lineNumber() > 0 ? ":" + origin.lineNumber() : "");
    }
    // "default: 12" is a line of the built-in reference, which no user looks up; drop the number.
    return origin.description().replaceFirst("^default: \\d+$", "default");
  }
}
