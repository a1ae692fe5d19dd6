/**
 * Who may read over TCP, by a {@code web-config.yml} in the schema that the Prometheus exporters
 * share.
 *
 * <p>{@link dev.sluice.service.security.WebConfigReader} turns the file into a {@link
 * dev.sluice.service.security.WebConfig}; {@link dev.sluice.service.security.WebSecurity} holds
 * what is in force, looks at each connection and request whether the file has changed, and keeps
 * the old one when the new one is wrong. {@code service.http} asks it for the TLS of a connection
 * and for the verdict on a request. No password is checked and no handshake computed on an event
 * loop.
 */
package dev.sluice.service.security;
