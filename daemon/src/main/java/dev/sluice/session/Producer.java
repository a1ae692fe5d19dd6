package dev.sluice.session;

import java.util.Optional;

/**
 * The producer of a session: its user, its current process and its connection. A lost connection
 * does not end the session, since a live process may reconnect. Death is detected by process
 * identity, which a new process with the same pid does not share.
 *
 * <p>Connections are numbered, so a late report about an earlier connection does not affect the
 * current one. Session owner only. Times are nanoseconds by the daemon's clock.
 */
final class Producer {
  /** Number of the connection that attached. */
  static final int FIRST_CONNECTION = 1;

  private Peer peer;
  private int connection = FIRST_CONNECTION;

  /** When the connection was lost; valid while it is lost. */
  private long lostSinceNs;

  private boolean isLost;
  private boolean canReturn = true;
  private boolean hasLetGo;

  Producer(Peer peer) {
    this.peer = peer;
  }

  /**
   * Creates the producer of a session left by another process: it has no connection. The resume
   * grace starts with {@link #canReturn}.
   */
  static Producer lost(Peer peer, int connection) {
    Producer producer = new Producer(peer);
    producer.connection = connection;
    producer.isLost = true;
    producer.canReturn = false;
    return producer;
  }

  /** The socket is open: starts the resume grace of a lost connection. */
  void canReturn(long nowNs) {
    canReturn = true;
    lostSinceNs = isLost ? nowNs : lostSinceNs;
  }

  int connection() {
    return connection;
  }

  /**
   * Notes a lost connection; the process may be alive or dead. Returns false if a newer connection
   * has replaced it.
   */
  boolean connectionLost(int number, long nowNs) {
    if (number != connection) {
      return false;
    }
    if (!isLost) {
      isLost = true;
      lostSinceNs = nowNs;
    }
    return true;
  }

  /** Whether the connection is lost and the client has not resumed. */
  boolean isLost() {
    return isLost;
  }

  /**
   * Reconnects the client, possibly as another process.
   *
   * @return the number of the new connection; 0, with nothing changed, if the user differs
   */
  int resume(Peer back) {
    if (back.uid() != peer.uid() && back.uid() != 0) {
      return 0;
    }
    isLost = false;
    peer = new Peer(back.pid(), peer.uid(), back.process());
    return ++connection;
  }

  Peer peer() {
    return peer;
  }

  /** Whether the process is dead, so it no longer writes to the arena. */
  boolean hasDied() {
    return !peer.process().isAlive();
  }

  /** The session has ended, and the client has released its memory or is dead. */
  void letGo() {
    hasLetGo = true;
  }

  /** Whether the producer no longer uses the arena. */
  boolean isDone() {
    return hasLetGo || hasDied();
  }

  /** Returns why a lost connection must end the session now; empty if it must not. */
  Optional<String> reasonToEnd(long nowNs, long resumeGraceNanos) {
    if (!isLost) {
      return Optional.empty();
    }
    if (hasDied()) {
      return Optional.of("producer died");
    }
    return canReturn && nowNs - lostSinceNs > resumeGraceNanos
        ? Optional.of("connection lost and not resumed")
        : Optional.empty();
  }
}
