/**
 * systemd integration: readiness, status line, watchdog, reloads, shutdown.
 *
 * <p>{@link dev.sluice.service.systemd.NotifySocket} is the datagram socket of {@code
 * sd_notify(3)}; {@link dev.sluice.service.systemd.ServiceNotifier} decides what is sent and when.
 * Reads the daemon through {@link dev.sluice.service.DaemonView} only. Inactive without {@code
 * NOTIFY_SOCKET}.
 */
package dev.sluice.service.systemd;
