package dev.sluice.abi;

import java.util.List;

/**
 * How much there was of what the scope statistics count, as the device wrote it in a run.
 *
 * @param isFatal the runtime failed in that run
 * @param taskWindow by ring, as the next two
 */
public record ScopeCapacities(
    boolean isFatal,
    List<Integer> taskWindow,
    List<Integer> depPool,
    List<Long> heap,
    int tensormap) {
  public ScopeCapacities {
    taskWindow = List.copyOf(taskWindow);
    depPool = List.copyOf(depPool);
    heap = List.copyOf(heap);
  }
}
