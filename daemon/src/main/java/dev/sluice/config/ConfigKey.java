package dev.sluice.config;

import java.util.Locale;

/**
 * A configuration key.
 *
 * <p>The default is the value in {@code config/sluice.conf}, the commented reference, which is
 * packaged as the built-in configuration.
 *
 * @param path full HOCON path, e.g. {@code sluice.drain.batch-entries}
 * @param applies when a reload puts a changed value into force
 * @param doc one or two sentences, printed in docs/configuration.md
 */
public record ConfigKey<T>(String path, ConfigType<T> type, Applies applies, String doc) {
  /** Returns the environment variable that sets the key: {@code SLUICE_DRAIN_BATCH_ENTRIES}. */
  public String environmentVariable() {
    return path.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
