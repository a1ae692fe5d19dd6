package dev.sluice.session;

import java.util.Optional;

/**
 * Who produces into a session: whose it is, which process that is now, and whether it is still
 * connected. A lost connection is not the end, since a process that lives may come back; a dead one
 * is known by its identity, which a new process with its number does not have.
 *
 * <p>Connections are numbered, so that the loss of an earlier one, which may be reported late, says
 * nothing about the present one. Of the session's owner. Times are of the daemon's clock, in
 * nanoseconds.
 */
final class Producer {
  /** The number of the connection that attached. */
  static final int FIRST_CONNECTION = 1;

  private Peer peer;
  private int connection = FIRST_CONNECTION;

  /** Since when the connection is lost while the process may live. */
  private long lostSinceNs;

  private boolean isLost;
  private boolean canReturn = true;
  private boolean hasLetGo;

  Producer(Peer peer) {
    this.peer = peer;
  }

  /**
   * Of a session of another process, whose connections are all gone. Its time to come back begins
   * with {@link #canReturn}.
   */
  static Producer lost(Peer peer, int connection) {
    Producer producer = new Producer(peer);
    producer.connection = connection;
    producer.isLost = true;
    producer.canReturn = false;
    return producer;
  }

  /** The socket is open from now on. */
  void canReturn(long nowNs) {
    canReturn = true;
    lostSinceNs = isLost ? nowNs : lostSinceNs;
  }

  int connection() {
    return connection;
  }

  /** A connection is gone; the process may be, too. False if another has taken its place. */
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

  /** Whether the connection is lost and the client did not come back. */
  boolean isLost() {
    return isLost;
  }

  /**
   * The client is back, perhaps as another process.
   *
   * @return the number of its connection, or 0 if it is another user, and nothing has changed
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

  /** Whether its process does not write to the arena any more. */
  boolean hasDied() {
    return !peer.process().isAlive();
  }

  /** The session is over, and the client has let go of its memory, or was found dead. */
  void letGo() {
    hasLetGo = true;
  }

  /** Whether the arena can be given back as far as the producer is concerned. */
  boolean isDone() {
    return hasLetGo || hasDied();
  }

  /** Whether a lost connection has to end the session now, and if so, why. */
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
