package dev.sluice.config;

/** {@code sluice.drops}: number of drop events to keep with their evidence. */
public record DropSettings(int keptEvents) {}
