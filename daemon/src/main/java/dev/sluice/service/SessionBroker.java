package dev.sluice.service;

import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * Makes, runs and ends sessions on behalf of the attach socket.
 *
 * <p>Every method is called on a socket event loop and returns at once; the work happens on the
 * broker's own threads and the stage completes on any of them. A stage fails with {@link
 * AttachRefusedException} to refuse; any other failure is answered as {@link AttachStatus#INTERNAL}
 * and logged. The attach server has one request per connection in flight and checks only what can
 * be checked without knowing layouts and sessions; that a token exists and that a request is legal
 * in the session's state is the broker's to decide.
 */
public interface SessionBroker {
  /** Checks the geometry and makes the arena. */
  CompletionStage<Granted> attach(AttachRequest request, PeerCredentials peer);

  /**
   * Initialises the region, fills the free queues and starts draining.
   *
   * @param deviceBase address at which the device sees arena byte 0
   * @param at when the client asked
   */
  CompletionStage<Started> start(Token token, long deviceBase, RunId run, HostTime at);

  /** The device is complete: drains to empty and settles the books of the run. */
  CompletionStage<Books> runEnd(Token token, HostTime at);

  /** As {@link #runEnd} if a run is open, then releases the arena. */
  CompletionStage<Books> detach(Token token, HostTime at);

  /**
   * Ends the session of a client that cannot use the memory that it was granted. A run that is open
   * is settled as if the client's process had died.
   *
   * @param reason the call that failed, for people
   */
  CompletionStage<Books> detachLost(Token token, String reason);

  /** A client that lost its connection continues its session on a new one. */
  CompletionStage<Granted> resume(Token token, PeerCredentials peer);

  /**
   * The client of an open session says what its guard has recycled unread so far. Comes after the
   * answer to {@link #resume}, and before {@link #runEnd} and {@link #detach}.
   *
   * @param records by kind, untrusted
   */
  void recycled(Token token, long[] records);

  /**
   * The connection of an attached session ended without DETACH. If the peer's process has died the
   * session is salvaged, else it waits for {@link #resume} for the grace time. Also called when the
   * connection ended before a grant could be sent. A token whose session is ending or over is
   * ignored, and so is a connection in whose place another has come since.
   *
   * @param connection as granted with it
   */
  void connectionLost(Token token, int connection);

  /**
   * Names who is told when a session was ended and its client had not asked for it: that client is
   * not served any more, so its connection must not look alive. The books have what was counted,
   * and the reason as their text. Called once, before any request; the listener is called on the
   * broker's threads.
   */
  void onRevoked(BiConsumer<Token, Books> listener);
}
