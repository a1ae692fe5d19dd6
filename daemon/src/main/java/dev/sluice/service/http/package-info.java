/**
 * HTTP of the daemon: the read-only TCP listener for metrics and status, and the control API on a
 * Unix socket.
 *
 * <p>A connection is a {@link dev.sluice.service.http.RequestHandler} with one request in flight.
 * It gets from a {@link dev.sluice.service.http.Router} an {@link dev.sluice.service.http.Answer},
 * which is complete before its first byte is sent unless it is a stream. {@link
 * dev.sluice.service.http.StatusApi}, {@link dev.sluice.service.http.MetricsApi} and {@link
 * dev.sluice.service.http.ControlApi} are the paths; they read the {@link
 * dev.sluice.service.DaemonView}. Scrapes, captures and live frames have their own threads;
 * everything else runs on the event loop.
 */
package dev.sluice.service.http;
