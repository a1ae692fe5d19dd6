package dev.sluice.config;

import java.nio.file.Path;
import java.util.Set;

/**
 * {@code sluice.attach}: where producers attach, and who may.
 *
 * @param maxSessions open at once, over all devices
 * @param maxConnections open at once, with or without a session
 * @param allowedUids beside root and the daemon's own
 * @param allowedGids empty means the group of the socket file
 * @param resumeGraceNanos how long a session waits for its client to reconnect
 * @param handshakeTimeoutNanos how long a connection may say nothing before its first request
 */
public record AttachSettings(
    Path socket,
    int maxSessions,
    int maxConnections,
    Set<Integer> allowedUids,
    Set<Integer> allowedGids,
    long resumeGraceNanos,
    long handshakeTimeoutNanos) {
  public AttachSettings {
    allowedUids = Set.copyOf(allowedUids);
    allowedGids = Set.copyOf(allowedGids);
  }
}
