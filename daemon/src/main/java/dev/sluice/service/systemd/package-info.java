/**
 * What systemd is told, and asks: readiness, a line of status, the watchdog, reloads, the stop.
 *
 * <p>{@link dev.sluice.service.systemd.NotifySocket} is the datagram socket of {@code
 * sd_notify(3)}; {@link dev.sluice.service.systemd.ServiceNotifier} says what goes over it and
 * when. Reads the daemon through {@link dev.sluice.service.DaemonView} only. Without {@code
 * NOTIFY_SOCKET} nothing of this does anything.
 */
package dev.sluice.service.systemd;
