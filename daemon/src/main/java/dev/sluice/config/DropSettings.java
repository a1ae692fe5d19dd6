package dev.sluice.config;

/** {@code sluice.drops}: how many events of dropped records are kept with their evidence. */
public record DropSettings(int keptEvents) {}
