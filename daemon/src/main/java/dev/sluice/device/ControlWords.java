package dev.sluice.device;

/**
 * Control words for one reader; offsets are arena offsets. Each reader has a copy of its own, so it
 * never sees an older copy made by another.
 */
public interface ControlWords {
  /**
   * Updates all words with one copy, where {@link #isLive} is false.
   *
   * @return false if the memory is unreachable: the words are stale and must not be used
   */
  boolean refresh();

  /** Whether each load reads the device's word directly. */
  boolean isLive();

  /** Loads a word: its current value if live, otherwise as of the last refresh. */
  int loadIntAcquire(int at);

  /** Loads an aligned double word, like {@link #loadIntAcquire}. */
  long loadLongAcquire(int at);
}
