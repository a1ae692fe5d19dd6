package dev.sluice.output.capture;

/**
 * Called by each of the store's threads when it starts, so that it can be made to stand back behind
 * the agents: what it does can wait, and what they do cannot.
 */
public interface CaptureThreads {
  /** Leaves every thread as it is. */
  CaptureThreads AS_THEY_ARE = work -> {};

  /** What a thread is for. */
  enum Work {
    /** Emptying memory stages. */
    WRITE,
    /** Retention and snapshots. */
    KEEP
  }

  /** On the thread itself, before its first work. */
  void starting(Work work);
}
