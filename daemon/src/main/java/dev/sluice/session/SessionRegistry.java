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
 * Which sessions there are and were: how many may be open, and what the ended ones add to their
 * device. Any thread. The lock guards lists; of a session it reads the published view, so it is
 * never held while anything waits.
 */
final class SessionRegistry {
  // For people who look at what just ended; what it counted is in the history of its device.
  private static final int KEPT_ENDED = 64;

  private final Map<Integer, Session> open = new LinkedHashMap<>();
  private final Deque<Session> ended = new ArrayDeque<>();
  private final List<Session> withLeftMemory = new ArrayList<>();
  private final Map<Integer, RunTotals> history = new LinkedHashMap<>();
  private int attaching;
  private boolean isStopping;

  /** Keeps a place for a session that is being made; {@link #releasePlace} must follow. */
  synchronized void reservePlace(int maxSessions) {
    refuseIfStopping();
    if (open.size() + attaching >= maxSessions) {
      throw new RefusedException(Reason.BUSY, "sluice.attach.max-sessions is " + maxSessions);
    }
    attaching++;
  }

  /** The session is among the open ones, or will never be. */
  synchronized void releasePlace() {
    attaching--;
  }

  /** Takes in a new session; refused, with nothing done, if the daemon began to stop meanwhile. */
  synchronized void add(Session session) {
    refuseIfStopping();
    open.put(session.id(), session);
    history.putIfAbsent(session.device(), new RunTotals());
  }

  /**
   * Takes in a session of another process, and what that one knew of ended sessions of its device:
   * of several that know it the last one is right, which is the one with the most.
   */
  synchronized void inherit(Session session, RunTotals ended) {
    open.put(session.id(), session);
    history.merge(
        session.device(),
        ended,
        (one, other) -> one.law().produced() >= other.law().produced() ? one : other);
  }

  /** Of all sessions of a device that are over. */
  synchronized RunTotals history(int device) {
    return history.getOrDefault(device, new RunTotals());
  }

  /** Another process goes on with a session: it is not open any more, and has not ended. */
  synchronized void left(Session session) {
    open.remove(session.id());
  }

  private void refuseIfStopping() {
    if (isStopping) {
      throw new RefusedException(Reason.STOPPING, "the daemon is stopping");
    }
  }

  /** From now on no session is taken in; those that are open stay. */
  synchronized void stop() {
    isStopping = true;
  }

  synchronized Optional<Session> open(int id) {
    return Optional.ofNullable(open.get(id));
  }

  /** Moves a session that is over from the open ones to the ended ones, at one moment, once. */
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

  /** Ended sessions whose memory has not been given back, however long ago they ended. */
  synchronized List<Session> withLeftMemory() {
    return new ArrayList<>(withLeftMemory);
  }

  /** Whether the caller, and no other thread, has to give back what this session left. */
  synchronized boolean takeLeftMemory(Session session) {
    return withLeftMemory.remove(session);
  }

  /** Open sessions, oldest first. */
  synchronized List<Session> open() {
    return new ArrayList<>(open.values());
  }

  /** Ended sessions, newest first, as many as are kept. */
  synchronized List<Session> ended() {
    return new ArrayList<>(ended);
  }

  /** All sessions of each device that ever attached, each of them once. */
  synchronized Map<Integer, RunTotals> byDevice() {
    Map<Integer, RunTotals> all = new LinkedHashMap<>(history);
    for (Session session : open.values()) {
      all.merge(session.device(), session.view().totalsWithLatencies(), RunTotals::plus);
    }
    return all;
  }
}
