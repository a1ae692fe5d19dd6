package dev.sluice.service;

import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * Creates, runs and ends sessions on behalf of the attach socket.
 *
 * <p>Every method is called on a socket event loop and returns at once; the work runs on the
 * broker's threads, and the stage completes on any of them. A stage fails with {@link
 * AttachRefusedException} to refuse; any other failure is answered as {@link AttachStatus#INTERNAL}
 * and logged. The attach server allows one request in flight per connection and checks only what
 * needs no knowledge of layouts and sessions; the broker decides whether a token exists and whether
 * a request is legal in the session's state.
 */
public interface SessionBroker {
  /** Checks the geometry and creates the arena. */
  CompletionStage<Granted> attach(AttachRequest request, PeerCredentials peer);

  /**
   * Initialises the region, fills the free queues and starts draining.
   *
   * @param deviceBase address at which the device sees arena byte 0
   * @param at time of the client's request
   */
  CompletionStage<Started> start(Token token, long deviceBase, RunId run, HostTime at);

  /** The device is complete: drains everything and settles the books of the run. */
  CompletionStage<Books> runEnd(Token token, HostTime at);

  /** As {@link #runEnd} if a run is open, then releases the arena. */
  CompletionStage<Books> detach(Token token, HostTime at);

  /**
   * Ends the session of a client that cannot use the memory it was granted. An open run is settled
   * as if the client process had died.
   *
   * @param reason the call that failed, for people
   */
  CompletionStage<Books> detachLost(Token token, String reason);

  /** Continues the session of a client that lost its connection, on a new one. */
  CompletionStage<Granted> resume(Token token, PeerCredentials peer);

  /**
   * Receives the counts of records that the client's guard has recycled unread so far. Called after
   * the reply to {@link #resume}, and before {@link #runEnd} and {@link #detach}.
   *
   * @param records by kind, untrusted
   */
  void recycled(Token token, long[] records);

  /**
   * The connection of an attached session ended without DETACH. If the peer's process has died, the
   * session is salvaged; otherwise it waits for {@link #resume} for the grace time. Also called if
   * the connection ended before a grant could be sent. Ignored for a token whose session is ending
   * or over, and for a connection that another one has replaced.
   *
   * @param connection as granted with it
   */
  void connectionLost(Token token, int connection);

  /**
   * Sets the listener for sessions that end without a request of their client: the client is no
   * longer served, so its connection must not look alive. The books contain the counts, and the
   * reason as their text. Called once, before any request; the listener runs on the broker's
   * threads.
   */
  void onRevoked(BiConsumer<Token, Books> listener);
}
