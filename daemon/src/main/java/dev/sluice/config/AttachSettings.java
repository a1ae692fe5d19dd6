package dev.sluice.config;

import java.nio.file.Path;
import java.util.Set;

/**
 * {@code sluice.attach}: the attach socket and its access rules.
 *
 * @param maxSessions limit of open sessions over all devices
 * @param maxConnections limit of open connections, with or without a session
 * @param allowedUids in addition to root and the daemon's own
 * @param allowedGids empty for the group of the socket file
 * @param resumeGraceNanos time for a client to reconnect to its session
 * @param handshakeTimeoutNanos time for a connection to send its first request
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
