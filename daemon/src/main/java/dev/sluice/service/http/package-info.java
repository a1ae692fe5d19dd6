/**
 * HTTP of the daemon: the read-only TCP listener for metrics and status, and the control API on a
 * Unix socket.
 *
 * <p>A connection is a {@link dev.sluice.service.http.RequestHandler} with one request in flight.
 * It asks a {@link dev.sluice.service.http.Router} for an {@link dev.sluice.service.http.Answer},
 * which is complete before its first byte is sent. {@link dev.sluice.service.http.StatusApi},
 * {@link dev.sluice.service.http.MetricsApi} and {@link dev.sluice.service.http.ControlApi} are the
 * paths; they read the {@link dev.sluice.service.DaemonView}. Scrapes are made on one thread of
 * their own, everything else on the event loop.
 */
package dev.sluice.service.http;
