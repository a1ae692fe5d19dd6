/**
 * Shared by the servers below their protocols: event loops, Unix sockets that one daemon at a time
 * may bind, and peer identities. The only package that depends on a particular Netty transport.
 */
package dev.sluice.service.transport;
