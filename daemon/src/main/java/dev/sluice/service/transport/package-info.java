/**
 * What the servers share below their protocols: event loops, Unix sockets that one daemon at a time
 * may bind, and who is at the other end. The only place that knows which Netty transport is used.
 */
package dev.sluice.service.transport;
