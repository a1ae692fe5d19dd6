package dev.sluice.service;

import java.util.Map;

/**
 * Capture state of one session at one moment.
 *
 * @param directory absolute path
 * @param kinds by {@link Labels#KINDS}
 */
public record CaptureSnapshot(String directory, long writtenBytes, Map<String, KindCapture> kinds) {
  public CaptureSnapshot {
    kinds = Map.copyOf(kinds);
  }

  /**
   * The collector-to-storage half of the accounting, in records: collected + salvaged = captured +
   * lost + staged.
   *
   * @param staged in memory, not yet written
   * @param lost by {@link Labels#CAPTURE_LOSS_REASONS}
   */
  public record KindCapture(long captured, long staged, Map<String, Long> lost) {
    public KindCapture {
      lost = Map.copyOf(lost);
    }
  }
}
