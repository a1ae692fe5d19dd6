package dev.sluice;

import dev.sluice.bridge.ProcessIdentity;
import dev.sluice.service.PeerCredentials;
import java.util.Optional;

/**
 * Who produces into a session: whose it is, which process that is now, and whether it is still
 * connected. A lost connection is not the end, since a process that lives may come back; a dead one
 * is known by its identity, which a new process with its number does not have.
 *
 * <p>The session's lock guards it. Times are of the daemon's clock, in nanoseconds.
 */
final class SessionProducer {
  /** Whose session it is: a token that got into other hands is worth nothing there. */
  private final int uid;

  private ProcessIdentity process;

  /** Since when the connection is lost while the process may live; 0 while connected. */
  private long lostSinceNs;

  private boolean hasLetGo;

  SessionProducer(PeerCredentials peer) {
    this.uid = peer.uid();
    this.process = ProcessIdentity.of(peer.pid());
  }

  /** The connection is gone; the process may be, too. */
  void connectionLost(long nowNs) {
    if (lostSinceNs == 0) {
      lostSinceNs = nowNs;
    }
  }

  /** Whether the connection is lost and nobody came back. */
  boolean isLost() {
    return lostSinceNs != 0;
  }

  /**
   * The client is back, perhaps as another process.
   *
   * @return false if it is another user, and nothing has changed
   */
  boolean resume(PeerCredentials peer) {
    if (peer.uid() != uid && peer.uid() != 0) {
      return false;
    }
    lostSinceNs = 0;
    process = ProcessIdentity.of(peer.pid());
    return true;
  }

  /** Whether nobody writes to the arena any more. */
  boolean hasDied() {
    return !process.isAlive();
  }

  /** The session is over, and the client has let go of its memory, or was found dead. */
  void letGo() {
    hasLetGo = true;
  }

  /** Whether that was so at the end; if not, only its death can tell. */
  boolean hasLetGo() {
    return hasLetGo;
  }

  /** Whether a lost connection has to end the session now, and if so, why. */
  Optional<String> reasonToEnd(long nowNs, long resumeGraceNanos) {
    if (lostSinceNs == 0) {
      return Optional.empty();
    }
    if (hasDied()) {
      return Optional.of("producer died");
    }
    return nowNs - lostSinceNs > resumeGraceNanos
        ? Optional.of("connection lost and not resumed")
        : Optional.empty();
  }
}
