/**
 * The commands of {@code sluice}, for people and scripts.
 *
 * <p>A command owns no buffer and no agent: it starts a daemon through {@link
 * dev.sluice.tool.DaemonHost}, or finds a running one, and then uses its sockets like any other
 * client. Numbers that a command prints come from the daemon's HTTP interface and the producer's
 * own report, never from the daemon's objects.
 *
 * <p>Imports {@code abi}, {@code bridge}, {@code config}, {@code headroom} and {@code output}, but
 * no stage that runs a session.
 */
package dev.sluice.tool;
