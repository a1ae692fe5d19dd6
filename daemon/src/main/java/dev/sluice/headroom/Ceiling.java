package dev.sluice.headroom;

import java.util.List;

/** Limits that a device can reach, in the column order of every report. */
public enum Ceiling {
  /** The host's threads are too late: {@code R * L > S * B}. */
  CONTROL_PATH(
      "control_path", "control path", "the daemon's threads were late; give them free CPUs"),
  /** A burst needs more buffers than a pool has: {@code (R - C) * T > P}. */
  BUFFER_LIFECYCLE(
      "buffer_lifecycle",
      "buffer life cycle",
      "a pool had no buffer left; a burst needs more buffers, a lasting rate more CPUs"),
  /** Records arrive faster than they can be copied out: {@code R > W}. */
  BANDWIDTH("bandwidth", "bandwidth", "the daemon's threads were always busy; give them more CPUs"),
  /** Captures grow faster than the disk can write, for a sustained time: {@code C < mean(R)}. */
  STORAGE("storage", "storage", "the disk was slower than the device");

  /** Cached, since {@code values()} allocates. */
  public static final List<Ceiling> ALL = List.of(values());

  private final String label;
  private final String words;
  private final String remedy;

  Ceiling(String label, String words, String remedy) {
    this.label = label;
    this.words = words;
    this.remedy = remedy;
  }

  /** Returns the value of the metric label {@code ceiling}, also used as JSON key. */
  public String label() {
    return label;
  }

  /** Returns the display name. */
  public String words() {
    return words;
  }

  /** Returns the display name with its article, if it needs one in a sentence. */
  public String phrase() {
    return this == CONTROL_PATH || this == BUFFER_LIFECYCLE ? "the " + words : words;
  }

  /** Returns what happened at this ceiling and the remedy, in a few words. */
  public String remedy() {
    return remedy;
  }
}
