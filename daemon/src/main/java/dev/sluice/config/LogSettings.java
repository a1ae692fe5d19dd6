package dev.sluice.config;

/** {@code sluice.log}: the daemon's own log. */
public record LogSettings(LogLevel level) {}
