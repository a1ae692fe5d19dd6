package dev.sluice.service;

import java.util.List;

/**
 * {@code struct sluice_books} of sluice_attach.h: the accounting of one run.
 *
 * @param kinds one row per kind in the order of {@link Labels#ALL_KINDS}
 * @param text one human-readable line
 */
public record Books(int session, List<KindBooks> kinds, String text) {
  public Books {
    kinds = List.copyOf(kinds);
    if (kinds.size() < Labels.KINDS.size()) {
      throw new IllegalArgumentException("one row per kind");
    }
  }

  /** Returns a copy with another text. */
  public Books withText(String other) {
    return new Books(session, kinds, other);
  }

  /**
   * In records; what is left of produced after collected, dropped, salvaged, never started and
   * unaccounted is in flight.
   */
  public record KindBooks(
      long produced,
      long collected,
      long dropped,
      long salvaged,
      long neverStarted,
      long unaccounted) {}
}
