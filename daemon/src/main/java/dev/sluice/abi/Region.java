package dev.sluice.abi;

import java.util.Arrays;
import java.util.List;

/**
 * A profiler of the device, with memory, ready queues and kinds of buffer of its own. Those of a
 * session lie in one arena, and the same agents serve all of them.
 */
public enum Region {
  SWIMLANE(1, "swimlane"),
  PMU(2, "pmu"),
  SCOPE_STATS(4, "scope_stats");

  /** What a session has that asks for nothing else. */
  public static final int SWIMLANE_ONLY = 1 << 1;

  /** Cached, since {@code values()} allocates. */
  public static final List<Region> ALL = List.of(values());

  /** More than the highest {@link #number}. */
  public static final int NUMBERS = 5;

  private final int number;
  private final String label;

  Region(int number, String label) {
    this.number = number;
    this.label = label;
  }

  /** Its bit in {@code enable_profiling_flag}, and its place in attach messages. */
  public int number() {
    return number;
  }

  /** The name in documents, manifests and messages. */
  public String label() {
    return label;
  }

  /** Whether it is in a set of regions that is given as bits. */
  public boolean isIn(int bits) {
    return (bits >>> number & 1) != 0;
  }

  /** Its kinds of buffer, in the order of their number in its ready entries. */
  public List<BufferKind> kinds() {
    return BufferKind.ALL.stream().filter(kind -> kind.region() == this).toList();
  }

  /** The region with this name, or null. */
  public static Region ofLabel(String label) {
    return Arrays.stream(values())
        .filter(region -> region.label.equals(label))
        .findFirst()
        .orElse(null);
  }
}
