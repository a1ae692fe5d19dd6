package dev.sluice.session;

import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.run.RunTotals;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Registry of open and recently ended sessions: enforces the session limit and sums ended sessions
 * by device. Any thread. The lock guards the lists only; sessions are read through their published
 * views, so it is never held across a wait.
 */
final class SessionRegistry {
  // Recently ended sessions stay visible; their totals move to the history of their device.
  private static final int KEPT_ENDED = 64;

  private final Map<Integer, Session> open = new LinkedHashMap<>();
  private final Deque<Session> ended = new ArrayDeque<>();
  private final List<Session> withLeftMemory = new ArrayList<>();
  private final Map<Integer, RunTotals> history = new LinkedHashMap<>();
  private int attaching;
  private boolean isStopping;

  /** Reserves a place for a session under construction; {@link #releasePlace} must follow. */
  synchronized void reservePlace(int maxSessions) {
    refuseIfStopping();
    if (open.size() + attaching >= maxSessions) {
      throw new RefusedException(Reason.BUSY, "sluice.attach.max-sessions is " + maxSessions);
    }
    attaching++;
  }

  /** Releases the reservation: the session is registered, or its construction failed. */
  synchronized void releasePlace() {
    attaching--;
  }

  /** Registers a new session; throws, with nothing changed, if the daemon is stopping. */
  synchronized void add(Session session) {
    refuseIfStopping();
    open.put(session.id(), session);
    history.putIfAbsent(session.device(), new RunTotals());
  }

  /**
   * Registers a session of another process, with that process's history of the device. If several
   * sessions carry a history, the most recent one is right: the one with the most produced records.
   */
  synchronized void inherit(Session session, RunTotals ended) {
    open.put(session.id(), session);
    history.merge(
        session.device(),
        ended,
        (one, other) -> one.law().produced() >= other.law().produced() ? one : other);
  }

  /** Returns the totals of all ended sessions of a device. */
  synchronized RunTotals history(int device) {
    return history.getOrDefault(device, new RunTotals());
  }

  /** Removes a session that another process continues, without counting it as ended. */
  synchronized void left(Session session) {
    open.remove(session.id());
  }

  private void refuseIfStopping() {
    if (isStopping) {
      throw new RefusedException(Reason.STOPPING, "the daemon is stopping");
    }
  }

  /** Refuses new sessions from now on; open ones stay. */
  synchronized void stop() {
    isStopping = true;
  }

  synchronized Optional<Session> open(int id) {
    return Optional.ofNullable(open.get(id));
  }

  /** Moves a session from open to ended, atomically and once. */
  synchronized void ended(Session session) {
    if (open.remove(session.id()) == null) {
      return;
    }
    ended.addFirst(session);
    history.merge(session.device(), session.view().totalsWithLatencies(), RunTotals::plus);
    if (session.memory().isLeft()) {
      withLeftMemory.add(session);
    }
    if (ended.size() > KEPT_ENDED) {
      ended.removeLast();
    }
  }

  /** Returns ended sessions whose memory has not been released, regardless of age. */
  synchronized List<Session> withLeftMemory() {
    return new ArrayList<>(withLeftMemory);
  }

  /** Takes a session off the list; true if the caller must release the memory it left. */
  synchronized boolean takeLeftMemory(Session session) {
    return withLeftMemory.remove(session);
  }

  /** Returns the open sessions, oldest first. */
  synchronized List<Session> open() {
    return new ArrayList<>(open.values());
  }

  /** Returns the retained ended sessions, newest first. */
  synchronized List<Session> ended() {
    return new ArrayList<>(ended);
  }

  /** Returns the totals per device over all sessions, each counted once. */
  synchronized Map<Integer, RunTotals> byDevice() {
    Map<Integer, RunTotals> all = new LinkedHashMap<>(history);
    for (Session session : open.values()) {
      all.merge(session.device(), session.view().totalsWithLatencies(), RunTotals::plus);
    }
    return all;
  }
}
