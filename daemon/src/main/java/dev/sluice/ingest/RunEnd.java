package dev.sluice.ingest;

/** How a run ended: determines what can still arrive and what the books may explain. */
public enum RunEnd {
  /** Not ended: the device continues, with or without this host; what it holds stays in flight. */
  NOT_YET,
  /** The device has completed: unpublished buffers are salvaged, and nothing may be missing. */
  COMPLETE,
  /**
   * The producer stopped at an arbitrary instruction: buffers are salvaged, and single records may
   * be missing.
   */
  DIED;

  /** Whether nothing more can arrive. */
  public boolean isComplete() {
    return this != NOT_YET;
  }
}
