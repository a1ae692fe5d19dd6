package dev.sluice.abi;

import java.util.Arrays;
import java.util.List;

/**
 * A profiler of the device, with its own memory, ready queues and kinds of buffer. The regions of a
 * session share one arena and are served by the same agents.
 */
public enum Region {
  SWIMLANE(1, "swimlane"),
  PMU(2, "pmu"),
  SCOPE_STATS(4, "scope_stats");

  /** Regions of a session that requests no others. */
  public static final int SWIMLANE_ONLY = 1 << 1;

  /** Cached, since {@code values()} allocates. */
  public static final List<Region> ALL = List.of(values());

  /** Greater than the highest {@link #number}. */
  public static final int NUMBERS = 5;

  private final int number;
  private final String label;

  Region(int number, String label) {
    this.number = number;
    this.label = label;
  }

  /** Bit in {@code enable_profiling_flag}, and index in attach messages. */
  public int number() {
    return number;
  }

  /** Name in documents, manifests and messages. */
  public String label() {
    return label;
  }

  /** Whether it is in a set of regions, given as bits. */
  public boolean isIn(int bits) {
    return (bits >>> number & 1) != 0;
  }

  /** Its kinds of buffer, in the order of their wire numbers. */
  public List<BufferKind> kinds() {
    return BufferKind.ALL.stream().filter(kind -> kind.region() == this).toList();
  }

  /** Returns the region with this name, or null. */
  public static Region ofLabel(String label) {
    return Arrays.stream(values())
        .filter(region -> region.label.equals(label))
        .findFirst()
        .orElse(null);
  }
}
