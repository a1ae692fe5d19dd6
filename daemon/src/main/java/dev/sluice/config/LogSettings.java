package dev.sluice.config;

/** {@code sluice.log}: what the daemon says of itself. */
public record LogSettings(LogLevel level) {}
