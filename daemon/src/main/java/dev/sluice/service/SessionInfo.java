package dev.sluice.service;

/**
 * Identity of a session; constant while it is open.
 *
 * @param layout e.g. {@code l2-2026.06/a2a3}
 * @param runtime runtime that wrote the records; empty if the layout does not determine it
 */
public record SessionInfo(int id, int device, String name, String layout, String runtime) {}
