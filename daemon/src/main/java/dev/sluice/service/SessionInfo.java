package dev.sluice.service;

/**
 * Whose session it is; what does not change while it is open.
 *
 * @param layout e.g. {@code l2-2026.06/a2a3}
 * @param runtime which runtime wrote the records; empty where the layout does not tell
 */
public record SessionInfo(int id, int device, String name, String layout, String runtime) {}
