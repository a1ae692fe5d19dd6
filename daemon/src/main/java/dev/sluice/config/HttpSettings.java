package dev.sluice.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code sluice.http}: the read-only TCP listener for metrics and status.
 *
 * @param webConfig who may read; empty for all
 * @param maxConnections open at once; one more is answered with 503 and closed
 * @param maxScrapes requests for {@code /metrics} that wait; one more is answered with 503
 * @param timeoutNanos for a request to arrive, and for an answer to be taken
 */
public record HttpSettings(
    ListenAddress listen,
    Optional<Path> webConfig,
    int maxConnections,
    int maxScrapes,
    long timeoutNanos,
    Live live) {

  /**
   * {@code sluice.http.live}: the event stream behind the status page.
   *
   * @param maxClients that may follow at once; one more is answered with 503
   * @param intervalNanos from one frame to the next
   */
  public record Live(int maxClients, long intervalNanos) {}
}
