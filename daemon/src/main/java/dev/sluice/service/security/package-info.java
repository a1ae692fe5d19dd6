/**
 * Read access over TCP, configured by a {@code web-config.yml} in the schema shared by the
 * Prometheus exporters.
 *
 * <p>{@link dev.sluice.service.security.WebConfigReader} turns the file into a {@link
 * dev.sluice.service.security.WebConfig}; {@link dev.sluice.service.security.WebSecurity} holds the
 * active one, checks at each connection and request whether the file has changed, and keeps the old
 * one if the new one is invalid. {@code service.http} gets from it the TLS handler of a connection
 * and the verdict on a request. No password check and no handshake computation runs on an event
 * loop.
 */
package dev.sluice.service.security;
