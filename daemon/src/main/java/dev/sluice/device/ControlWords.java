package dev.sluice.device;

/**
 * Control words as one reader sees them; offsets are those of the arena. Never those of another
 * reader: what it copies lands in memory of its own, so that no older copy gets in between.
 */
public interface ControlWords {
  /**
   * Brings all words up to date, where {@link #isLive} is false: by one copy.
   *
   * @return false if the memory cannot be reached: the words are old, and must not be used
   */
  boolean refresh();

  /** Whether each load reads the device's word itself. */
  boolean isLive();

  /** A word, as of the last refresh or as it is now. */
  int loadIntAcquire(int at);

  /** An aligned double word, likewise. */
  long loadLongAcquire(int at);
}
