package dev.sluice.output.capture;

/**
 * Hook that each of the store's threads calls when it starts, to lower its priority below the
 * agents: its work can wait, theirs cannot.
 */
public interface CaptureThreads {
  /** Leaves every thread unchanged. */
  CaptureThreads AS_THEY_ARE = work -> {};

  /** Purpose of a thread. */
  enum Work {
    /** Writing memory stages to disk. */
    WRITE,
    /** Retention and snapshots. */
    KEEP
  }

  /** Called on the thread itself, before its first work. */
  void starting(Work work);
}
