package dev.sluice.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code sluice.http}: the read-only TCP listener for metrics and status.
 *
 * @param webConfig file with the access rules; empty lets every client read
 * @param maxConnections limit of open connections; further ones get 503 and are closed
 * @param maxScrapes limit of waiting {@code /metrics} requests; further ones get 503
 * @param timeoutNanos time for a request to arrive, and for a client to take a response
 */
public record HttpSettings(
    ListenAddress listen,
    Optional<Path> webConfig,
    int maxConnections,
    int maxScrapes,
    long timeoutNanos,
    Live live) {

  /**
   * {@code sluice.http.live}: the event stream of the status page.
   *
   * @param maxClients limit of simultaneous clients; further ones get 503
   * @param intervalNanos time between frames
   */
  public record Live(int maxClients, long intervalNanos) {}
}
