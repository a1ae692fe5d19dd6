package dev.sluice;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import java.util.Locale;

/**
 * Where a session stands: which of its client's messages are legal, since when it is there, and how
 * it ended. Times are of the daemon's clock, in nanoseconds.
 *
 * <p>The session's lock guards it, except for the end of the capture: that waits for a disk, and
 * whoever asks for the name meanwhile must not.
 */
final class SessionState {
  /** One after the other; a session may run and settle several times. */
  enum Step {
    /** The arena is granted, no run has begun. */
    ATTACHED,
    /** The device may run; agents work. */
    RUNNING,
    /** A run has ended, its books are settled, another may begin. */
    SETTLED,
    /** Over; the arena is gone. */
    ENDED
  }

  private final int session;
  private final long startedNs;
  private Step step = Step.ATTACHED;
  private volatile String ending = "";
  private volatile boolean isCaptureOpen = true;
  private long endedNs;

  SessionState(int session, long startedNs) {
    this.session = session;
    this.startedNs = startedNs;
  }

  /**
   * Refuses a message that is not legal now.
   *
   * @param isLost the connection is
   */
  void require(boolean isLegal, String message, boolean isLost) {
    if (!isLegal) {
      throw new AttachRefusedException(
          AttachStatus.STATE,
          message + " is not legal: session " + session + " is " + name(isLost));
    }
  }

  boolean isRunning() {
    return step == Step.RUNNING;
  }

  boolean hasEnded() {
    return step == Step.ENDED;
  }

  /** A run begins. */
  void run() {
    step = Step.RUNNING;
  }

  /** The books of the run are settled. */
  void settle() {
    step = Step.SETTLED;
  }

  /** The session is over, but perhaps for its capture. */
  void end(String reason, long nowNs) {
    step = Step.ENDED;
    ending = reason;
    endedNs = nowNs;
  }

  /** The capture, if there is one, is complete, or given up. Any thread. */
  void captureEnded() {
    isCaptureOpen = false;
  }

  /** How it ended; empty before. Any thread. */
  String ending() {
    return ending;
  }

  /** From attach to its end, or until now. */
  double durationSeconds(long nowNs) {
    return ((hasEnded() ? endedNs : nowNs) - startedNs) / 1e9;
  }

  /**
   * For people and scripts.
   *
   * @param isLost the connection is
   */
  String name(boolean isLost) {
    String name = step.name().toLowerCase(Locale.ROOT);
    if (hasEnded()) {
      // Whoever waits for the end of a session also wants its capture.
      return (isCaptureOpen ? "closing" : name) + " (" + ending + ")";
    }
    return isLost ? name + " (connection lost)" : name;
  }
}
