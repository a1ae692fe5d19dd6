package dev.sluice.abi;

import java.util.List;

/**
 * Capacities of what the scope statistics count, as written by the device in a run.
 *
 * @param isFatal whether the runtime failed in that run
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
