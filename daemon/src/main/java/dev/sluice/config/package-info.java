/**
 * Typed, validated, immutable settings.
 *
 * <p>Every key is declared once, in {@link dev.sluice.config.ConfigKeys}; {@link
 * dev.sluice.config.Configuration} layers the built-in reference, a HOCON file, {@code SLUICE_}
 * environment variables and {@code --set} overrides, refuses what it does not know, and hands out
 * one {@link dev.sluice.config.Settings} record. Nothing here changes once it is read, and every
 * type is safe for any thread; a reload makes a new one. Imports nothing else of ours.
 */
package dev.sluice.config;
