package dev.sluice.config;

import java.util.Locale;

/**
 * One thing that can be set.
 *
 * <p>The default is not here: it is the value in {@code config/sluice.conf}, the commented
 * reference that is packaged as the built-in configuration.
 *
 * @param path full HOCON path, e.g. {@code sluice.drain.batch-entries}
 * @param applies when a reload puts a changed value in force
 * @param doc one or two sentences; they are the text of docs/configuration.md
 */
public record ConfigKey<T>(String path, ConfigType<T> type, Applies applies, String doc) {
  /** The environment variable that sets it: {@code SLUICE_DRAIN_BATCH_ENTRIES}. */
  public String environmentVariable() {
    return path.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
