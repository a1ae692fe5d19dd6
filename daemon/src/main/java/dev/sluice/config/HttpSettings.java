package dev.sluice.config;

/** {@code sluice.http}: the read-only TCP listener for metrics and status. */
public record HttpSettings(ListenAddress listen) {}
