package dev.sluice;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Token;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which sessions there are and were: by token, by device, how many may be open, and what the ended
 * ones add to their device.
 *
 * <p>Any thread. Its lock is held for look-ups and never while a session works, except that an open
 * session is asked for its totals with it held ({@link #byDevice}): a session that is just ending
 * counts exactly once. So no session may call in here with its own lock held.
 *
 * <p>What it refuses is an {@link AttachRefusedException}, in words for the client.
 */
final class SessionRegistry {
  /** The device of a token that nobody has. */
  static final int NO_DEVICE = -1;

  // For people who look at what just ended; what it counted is in the history of its device.
  private static final int KEPT_ENDED = 64;

  private final Map<Token, Session> open = new LinkedHashMap<>();
  private final Deque<Session> ended = new ArrayDeque<>();
  private final List<Session> withLeftMemory = new ArrayList<>();
  private final Map<Integer, DeviceHistory> history = new LinkedHashMap<>();
  private int attaching;
  private boolean isStopping;

  /** Keeps a place for a session that is being made; {@link #releasePlace} must follow. */
  synchronized void reservePlace(int maxSessions) {
    refuseIfStopping();
    if (open.size() + attaching >= maxSessions) {
      throw new AttachRefusedException(
          AttachStatus.BUSY, "sluice.attach.max-sessions is " + maxSessions);
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
    open.put(session.token(), session);
    history.putIfAbsent(session.device(), DeviceHistory.NONE);
  }

  private void refuseIfStopping() {
    if (isStopping) {
      throw new AttachRefusedException(AttachStatus.STOPPING, "the daemon is stopping");
    }
  }

  /** From now on no session is taken in; those that are open stay. */
  synchronized void stop() {
    isStopping = true;
  }

  /** The open session with this token; refused if there is none. */
  synchronized Session find(Token token) {
    Session session = open.get(token);
    if (session == null) {
      throw new AttachRefusedException(AttachStatus.TOKEN, "no open session has this token");
    }
    return session;
  }

  /** The device of the open session with this token, or {@link #NO_DEVICE}. */
  synchronized int deviceOf(Token token) {
    Session session = open.get(token);
    return session == null ? NO_DEVICE : session.device();
  }

  /** Moves a session that is over from the open ones to the ended ones, all at one moment. */
  synchronized void ended(Session session) {
    open.remove(session.token());
    ended.addFirst(session);
    history.merge(session.device(), DeviceHistory.of(session), DeviceHistory::plus);
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

  /** Whether the caller, and nobody else, has to give back what this session left. */
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

  /**
   * All sessions of each device that ever attached, as of one moment: the open ones with it, so
   * that a session that is just ending counts exactly once.
   */
  synchronized Map<Integer, DeviceHistory> byDevice() {
    Map<Integer, DeviceHistory> all = new LinkedHashMap<>(history);
    for (Session session : open.values()) {
      all.merge(session.device(), DeviceHistory.of(session), DeviceHistory::plus);
    }
    return all;
  }
}
