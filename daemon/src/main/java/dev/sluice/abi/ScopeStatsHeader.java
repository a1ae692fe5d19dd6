package dev.sluice.abi;

/**
 * Words of the scope statistics' header, from the start of that region. The device writes the
 * capacities once, when its orchestrator starts, and {@code fatal_latched} at its first failure.
 *
 * @param taskWindowOffset i32 for each ring
 * @param depPoolOffset i32 for each ring
 * @param heapOffset u64 for each ring
 * @param tensormapOffset i32
 * @param fatalOffset u32
 * @param endOffset end of the words
 */
public record ScopeStatsHeader(
    int taskWindowOffset,
    int depPoolOffset,
    int heapOffset,
    int tensormapOffset,
    int fatalOffset,
    int endOffset) {
  /** Rings in the runtime's task ids. */
  public static final int RINGS = 4;

  /** Places the words after {@code num_instances} and the back-pressure block, if any. */
  static ScopeStatsHeader at(int wordsOffset, boolean hasBackpressureBlock) {
    int taskWindow = wordsOffset + Integer.BYTES * (hasBackpressureBlock ? 5 : 1);
    int depPool = taskWindow + RINGS * Integer.BYTES;
    int heap = (depPool + RINGS * Integer.BYTES + Long.BYTES - 1) & -Long.BYTES;
    int tensormap = heap + RINGS * Long.BYTES;
    return new ScopeStatsHeader(
        taskWindow, depPool, heap, tensormap, tensormap + Integer.BYTES, tensormap + 8);
  }
}
