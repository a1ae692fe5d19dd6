package dev.sluice.abi;

import java.util.List;

/**
 * The shape of one attached producer: which layout, and how much of it is in use.
 *
 * @param layout the wire layout, overrides included
 * @param numCores the device's worker count; pool offsets depend on it
 * @param schedThreads AICPU scheduler threads; they use the first ready queues
 * @param orchThreads 1 if a device thread orchestrates, else 0
 * @param level 1 to 4; decides which kinds of the swimlane are filled
 * @param regions which profilers are attached, as bits by {@link Region#number}
 * @param pmuEventType what the counters of PMU count
 */
public record Geometry(
    Layout layout,
    int numCores,
    int schedThreads,
    int orchThreads,
    int level,
    int regions,
    int pmuEventType) {

  /** Types of core: a cluster has one cube core and two vector cores. */
  public static final int AIC = 0;

  public static final int AIV = 1;

  /** What metrics, manifests and exports call the types. */
  public static final List<String> CORE_TYPES = List.of("aic", "aiv");

  private static final int CORES_PER_CLUSTER = 3;

  public static final int LOWEST_LEVEL = 1;
  public static final int HIGHEST_LEVEL = 4;

  public Geometry {
    int maxCores = layout.platform().maxCores();
    if (numCores < 1 || numCores > maxCores) {
      throw new IllegalArgumentException(
          "num_cores " + numCores + " is not from 1 to " + maxCores + " (" + layout + ")");
    }
    if (schedThreads < 1 || schedThreads > layout.queueCount()) {
      throw new IllegalArgumentException(
          "sched_threads "
              + schedThreads
              + " is not from 1 to "
              + layout.queueCount()
              + " ("
              + layout
              + ")");
    }
    if (orchThreads < 0 || orchThreads > 1) {
      throw new IllegalArgumentException("orch_threads " + orchThreads + " is neither 0 nor 1");
    }
    if (level < LOWEST_LEVEL || level > HIGHEST_LEVEL) {
      throw new IllegalArgumentException(
          "level " + level + " is not from " + LOWEST_LEVEL + " to " + HIGHEST_LEVEL);
    }
    for (Region region : Region.ALL) {
      if (region.isIn(regions) && !layout.has(region)) {
        throw new IllegalArgumentException(
            "region " + region.label() + " is served of chip-2026.09 only, not of " + layout);
      }
    }
    if (!Region.SWIMLANE.isIn(regions)) {
      throw new IllegalArgumentException(
          "the swimlane is not among the regions: attach it, too; the device need not fill it");
    }
  }

  /** Of the swimlane alone. */
  public Geometry(Layout layout, int numCores, int schedThreads, int orchThreads, int level) {
    this(layout, numCores, schedThreads, orchThreads, level, Region.SWIMLANE_ONLY, 0);
  }

  /** The kinds of buffer of all profilers that are attached. */
  public List<BufferKind> kinds() {
    return BufferKind.ALL.stream().filter(kind -> has(kind.region())).toList();
  }

  /** Whether a profiler is attached. */
  public boolean has(Region region) {
    return region.isIn(regions);
  }

  /**
   * Pools of this kind that have buffers; 0 if the level leaves the kind out. Every thread that the
   * layout has is served, whatever was declared: a device that runs one more would wait without
   * end.
   */
  public int activeInstances(BufferKind kind) {
    if (level < kind.minimumLevel() || !has(kind.region())) {
      return 0;
    }
    return switch (kind.instances()) {
      case CORES -> numCores;
      case SCHED_THREADS -> layout.queueCount();
      case ORCHESTRATORS -> 1;
    };
  }

  /**
   * Pools of this kind that the device looks at during its init and does not fill at this level: it
   * logs an error for each that has no buffer.
   */
  public int idleInstances(BufferKind kind) {
    if (kind == BufferKind.AICPU_TASK && level < kind.minimumLevel()) {
      return numCores;
    }
    boolean primesPhases = level >= BufferKind.SCHED_PHASE.minimumLevel();
    boolean isIdleOrchestrator =
        kind == BufferKind.ORCH_PHASE && primesPhases && activeInstances(kind) == 0;
    return isIdleOrchestrator ? 1 : 0;
  }

  /** Cores of a type. */
  public int cores(int type) {
    int first = Math.max(1, numCores / CORES_PER_CLUSTER);
    return type == AIC ? first : numCores - first;
  }

  /** Type of a core: the first third are {@link #AIC}, all others {@link #AIV} (abi.md 3). */
  public int coreType(int core) {
    return core < cores(AIC) ? AIC : AIV;
  }

  /** Offset of the pool of an instance within its region. */
  public int poolOffset(BufferKind kind, int instance) {
    return layout.poolsOffset(kind, numCores) + instance * layout.pool(kind).sizeBytes();
  }

  /** Where the pools of the swimlane end. */
  public int poolsEnd() {
    return layout.poolsEnd(numCores);
  }

  /** Where a terminal bank begins. */
  public int terminalBankOffset(int bank) {
    return layout.terminalOffset(bank, BufferKind.AICPU_TASK, 0, numCores);
  }

  /** All of a region; 0 if it is not attached. */
  public int regionBytes(Region region) {
    return has(region) ? layout.regionBytes(region, numCores) : 0;
  }

  /** All of the swimlane's region. */
  public int regionBytes() {
    return layout.regionBytes(numCores);
  }
}
