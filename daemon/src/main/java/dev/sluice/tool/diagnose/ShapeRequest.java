package dev.sluice.tool.diagnose;

import dev.sluice.tool.measure.Load;
import java.util.Locale;

/**
 * The device to diagnose: both task kinds, nothing else.
 *
 * @param layout such as {@code l2-2026.07/a2a3}
 * @param slots free-queue slots; 0 for the layout's own
 * @param buffers per core and kind; 0 lets the daemon decide
 */
public record ShapeRequest(String layout, int cores, int aicpuThreads, int slots, int buffers) {
  /** Level with AICore and AICPU tasks only: every record has 32 bytes. */
  public static final int LEVEL = 2;

  /**
   * Longest time that a descheduled device makes up for. A real device has a CPU of its own; one
   * that wrote everything later and faster would not be the requested device.
   */
  private static final String CATCH_UP_NS = "50000";

  private static final String BLOCKING = "chip-2026.08";

  /** Returns the same device in the generation that waits instead of dropping. */
  ShapeRequest blocking() {
    String platform = layout.substring(layout.indexOf('/'));
    return new ShapeRequest(BLOCKING + platform, cores, aicpuThreads, slots, buffers);
  }

  /** Returns whether this generation waits for the host instead of dropping. */
  boolean isBlocking() {
    return layout.startsWith(BLOCKING);
  }

  ShapeRequest withCores(int otherCores, int otherThreads) {
    return new ShapeRequest(layout, otherCores, otherThreads, slots, buffers);
  }

  ShapeRequest withLayout(String other, int otherSlots) {
    return new ShapeRequest(other, cores, aicpuThreads, otherSlots, buffers);
  }

  /** Returns the unthrottled load of this device. */
  Load load() {
    return Load.of(layout, cores, aicpuThreads, LEVEL)
        .with("--slots", slots == 0 ? "" : Integer.toString(slots))
        .with("--buffers", buffers == 0 ? "" : buffers + ",0,0," + buffers)
        .with("--catch-up-ns", CATCH_UP_NS);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s, %d cores on %d AICPU thread%s",
        layout,
        cores,
        aicpuThreads,
        aicpuThreads == 1 ? "" : "s");
  }
}
