/**
 * The attach socket: producers ask for an arena, say when the device starts and ends, and get their
 * books.
 *
 * <p>{@link dev.sluice.service.attach.AttachServer} listens; each connection is a {@link
 * dev.sluice.service.attach.AttachConnection} behind a {@link
 * dev.sluice.service.attach.MessageDecoder}, on one event loop, with one request in flight. The
 * messages are those of sluice_attach.h, in {@link dev.sluice.service.attach.Message}. What a
 * request means is decided by the {@link dev.sluice.service.SessionBroker}; here is only what can
 * be known without layouts: form, order, limits and permission. Nothing a client sends is trusted.
 */
package dev.sluice.service.attach;
