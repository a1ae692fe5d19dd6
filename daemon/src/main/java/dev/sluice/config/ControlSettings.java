package dev.sluice.config;

import java.nio.file.Path;

/** {@code sluice.control}: HTTP for the operator, on a Unix socket only. */
public record ControlSettings(Path socket) {}
