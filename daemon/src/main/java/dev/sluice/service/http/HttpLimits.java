package dev.sluice.service.http;

import dev.sluice.config.HttpSettings;

/**
 * Limits for one client of a server.
 *
 * @param connections open at once; one more gets a 503
 * @param requestLineBytes longest request line, otherwise 414
 * @param headerBytes all headers of a request, otherwise 431
 * @param timeoutMillis for a whole request to arrive after the last answer; and for an answer to be
 *     read
 */
record HttpLimits(int connections, int requestLineBytes, int headerBytes, long timeoutMillis) {
  private static final int REQUEST_LINE_BYTES = 4096;
  private static final int HEADER_BYTES = 8192;

  /** For the control socket, which only its owner reaches. */
  static final HttpLimits STANDARD = new HttpLimits(512, REQUEST_LINE_BYTES, HEADER_BYTES, 10_000);

  static HttpLimits of(HttpSettings settings) {
    return new HttpLimits(
        settings.maxConnections(),
        REQUEST_LINE_BYTES,
        HEADER_BYTES,
        Math.max(1, settings.timeoutNanos() / 1_000_000));
  }
}
