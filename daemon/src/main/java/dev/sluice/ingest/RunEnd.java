package dev.sluice.ingest;

/** How a run ended, as far as it decides what can still come and what the books may explain. */
public enum RunEnd {
  /** It has not: the device goes on, with us or without us; what it holds stays in flight. */
  NOT_YET,
  /** The device is complete: what it never published is salvaged, and nothing may be missing. */
  COMPLETE,
  /** The producer stopped at an arbitrary instruction: salvage, and a record here and there. */
  DIED;

  /** Whether nothing more can come. */
  public boolean isComplete() {
    return this != NOT_YET;
  }
}
