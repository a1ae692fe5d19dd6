/**
 * Typed, validated, immutable settings.
 *
 * <p>{@link dev.sluice.config.ConfigKeys} declares every key once. {@link
 * dev.sluice.config.Configuration} layers the built-in reference, a HOCON file, {@code SLUICE_}
 * environment variables and {@code --set} overrides, rejects unknown keys, and returns one {@link
 * dev.sluice.config.Settings} record. Nothing changes after loading, and all types are safe for use
 * by any thread; a reload creates a new configuration. Imports no other package of ours.
 */
package dev.sluice.config;
