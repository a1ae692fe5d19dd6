package dev.sluice.headroom;

import java.util.List;

/** What a device can run into first. The order is that of the columns of every report. */
public enum Ceiling {
  /** The host's threads are too late: {@code R * L > S * B}. */
  CONTROL_PATH("control_path"),
  /** A burst needs more buffers than a pool has: {@code (R - C) * T > P}. */
  BUFFER_LIFECYCLE("buffer_lifecycle"),
  /** Records come faster than they can be copied out: {@code R > W}. */
  BANDWIDTH("bandwidth"),
  /**
   * Captures come faster than the disk takes them: {@code C < mean(R)}, for as long as it lasts.
   */
  STORAGE("storage");

  /** Cached, since {@code values()} allocates. */
  public static final List<Ceiling> ALL = List.of(values());

  private final String label;

  Ceiling(String label) {
    this.label = label;
  }

  /** The value of the metric label {@code ceiling}, and the JSON key. */
  public String label() {
    return label;
  }
}
