package dev.sluice.tool.diagnose;

import java.util.ArrayList;
import java.util.List;
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

  ShapeRequest withBuffers(int other) {
    return new ShapeRequest(layout, cores, aicpuThreads, slots, other);
  }

  /** What the producer is told beyond the load. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    if (slots != 0) {
      arguments.addAll(List.of("--slots", Integer.toString(slots)));
    }
    if (buffers != 0) {
      arguments.addAll(List.of("--buffers", buffers + ",0,0," + buffers));
    }
    return arguments;
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
