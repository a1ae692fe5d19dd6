/**
 * The commands of {@code sluice}, as a person or a script calls them.
 *
 * <p>A command owns no buffer and no agent: it starts a daemon through {@link
 * dev.sluice.tool.DaemonHost}, or finds a running one, and then talks to it over its sockets like
 * any other client. Numbers that a command prints were read from the daemon's HTTP interface and
 * from the producer's own report, never from the daemon's objects.
 *
 * <p>Imports {@code config} and {@code bridge} (to find the native tools), and nothing else of
 * ours.
 */
package dev.sluice.tool;
