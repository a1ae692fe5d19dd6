package dev.sluice.config;

/** Source of the values for one settings record: the general ones, or a device's. */
interface SettingsSource {
  <T> T get(ConfigKey<T> key);

  /** Returns the origin of the value, for an error message. */
  String origin(ConfigKey<?> key);
}
