package dev.sluice.service.http;

/**
 * What one client may take of a server.
 *
 * @param connections open at once; one more gets a 503
 * @param requestLineBytes longest request line, else 414
 * @param headerBytes all headers of a request, else 431
 * @param timeoutMillis for a whole request to arrive, from the last answer on; and for an answer to
 *     be taken
 */
record HttpLimits(int connections, int requestLineBytes, int headerBytes, long timeoutMillis) {
  static final HttpLimits STANDARD = new HttpLimits(512, 4096, 8192, 10_000);
}
