package dev.sluice.config;

/** Where the values of one set of settings are: the general ones, or a device's. */
interface SettingsSource {
  <T> T get(ConfigKey<T> key);

  /** Where the value came from, for a refusal. */
  String origin(ConfigKey<?> key);
}
