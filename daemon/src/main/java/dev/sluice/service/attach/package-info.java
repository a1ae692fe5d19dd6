/**
 * The attach socket: producers request an arena, announce when the device starts and ends, and
 * receive their books.
 *
 * <p>{@link dev.sluice.service.attach.AttachServer} listens; each connection is a {@link
 * dev.sluice.service.attach.AttachConnection} behind a {@link
 * dev.sluice.service.attach.MessageDecoder}, on one event loop, with one request in flight. The
 * messages are those of sluice_attach.h, in {@link dev.sluice.service.attach.Message}. The {@link
 * dev.sluice.service.SessionBroker} decides what a request means; this package only checks what
 * needs no knowledge of layouts: format, order, limits and permission. Nothing a client sends is
 * trusted.
 */
package dev.sluice.service.attach;
