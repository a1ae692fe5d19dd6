package dev.sluice.headroom;

import java.util.List;

/** What a device can run into first. The order is that of the columns of every report. */
public enum Ceiling {
  /** The host's threads are too late: {@code R * L > S * B}. */
  CONTROL_PATH(
      "control_path", "control path", "the daemon's threads were late; give them free CPUs"),
  /** A burst needs more buffers than a pool has: {@code (R - C) * T > P}. */
  BUFFER_LIFECYCLE(
      "buffer_lifecycle",
      "buffer life cycle",
      "a pool had no buffer left; a burst needs more buffers, a lasting rate more CPUs"),
  /** Records come faster than they can be copied out: {@code R > W}. */
  BANDWIDTH(
      "bandwidth",
      "bandwidth",
      "the daemon's threads were always busy; give them more CPUs"),
  /**
   * Captures come faster than the disk takes them: {@code C < mean(R)}, for as long as it lasts.
   */
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

  /** The value of the metric label {@code ceiling}, and the JSON key. */
  public String label() {
    return label;
  }

  /** Its name. */
  public String words() {
    return words;
  }

  /** Its name with the article that it needs in a sentence. */
  public String phrase() {
    return this == CONTROL_PATH || this == BUFFER_LIFECYCLE ? "the " + words : words;
  }

  /** What happened at this ceiling and what helps, in a few words. */
  public String remedy() {
    return remedy;
  }
}
