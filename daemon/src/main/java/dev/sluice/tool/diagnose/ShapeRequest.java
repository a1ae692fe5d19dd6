package dev.sluice.tool.diagnose;

import dev.sluice.tool.measure.Load;
import java.util.Locale;

/**
 * The device that a diagnosis is made for: both task kinds, nothing else.
 *
 * @param layout such as {@code l2-2026.07/a2a3}
 * @param slots free-queue slots; 0 means the layout's own
 * @param buffers per core and kind; 0 means that the daemon decides
 */
public record ShapeRequest(String layout, int cores, int aicpuThreads, int slots, int buffers) {
  /** AICore tasks and AICPU tasks: every record has 32 bytes. */
  public static final int LEVEL = 2;

  /**
   * What a device that was kept from its processor makes up for. A real one has a processor of its
   * own; one that wrote everything later, and faster, would be another device than the one asked
   * for.
   */
  private static final String CATCH_UP_NS = "50000";

  private static final String BLOCKING = "chip-2026.08";

  /** The same device in the generation that waits instead of dropping. */
  ShapeRequest blocking() {
    String platform = layout.substring(layout.indexOf('/'));
    return new ShapeRequest(BLOCKING + platform, cores, aicpuThreads, slots, buffers);
  }

  /** Whether this generation waits for the host instead of dropping. */
  boolean isBlocking() {
    return layout.startsWith(BLOCKING);
  }

  ShapeRequest withCores(int otherCores, int otherThreads) {
    return new ShapeRequest(layout, otherCores, otherThreads, slots, buffers);
  }

  ShapeRequest withLayout(String other, int otherSlots) {
    return new ShapeRequest(other, cores, aicpuThreads, otherSlots, buffers);
  }

  /** The load of such a device, unthrottled. */
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
