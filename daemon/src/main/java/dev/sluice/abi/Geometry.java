package dev.sluice.abi;

import java.util.List;

/**
 * The shape of one attached producer: its layout, and how much of it is in use.
 *
 * @param layout wire layout, overrides included
 * @param numCores the device's worker count; pool offsets depend on it
 * @param schedThreads AICPU scheduler threads; they use the first ready queues
 * @param orchThreads 1 if a device thread orchestrates, otherwise 0
 * @param level 1 to 4; decides which kinds of the swimlane are filled
 * @param regions attached regions, as bits by {@link Region#number}
 * @param pmuEventType event type of the PMU counters
 */
public record Geometry(
    Layout layout,
    int numCores,
    int schedThreads,
    int orchThreads,
    int level,
    int regions,
    int pmuEventType) {

  /** Core types: a cluster has one cube core and two vector cores. */
  public static final int AIC = 0;

  public static final int AIV = 1;

  /** Names of the types in metrics, manifests and exports. */
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
            "region " + region.label() + " is supported for chip-2026.09 only, not " + layout);
      }
    }
    if (!Region.SWIMLANE.isIn(regions)) {
      throw new IllegalArgumentException(
          "the regions lack the swimlane: attach it too; the device need not fill it");
    }
  }

  /** Geometry with only the swimlane. */
  public Geometry(Layout layout, int numCores, int schedThreads, int orchThreads, int level) {
    this(layout, numCores, schedThreads, orchThreads, level, Region.SWIMLANE_ONLY, 0);
  }

  /** Kinds of buffer of all attached regions. */
  public List<BufferKind> kinds() {
    return BufferKind.ALL.stream().filter(kind -> has(kind.region())).toList();
  }

  /** Whether a region is attached. */
  public boolean has(Region region) {
    return region.isIn(regions);
  }

  /**
   * Pools of this kind that have buffers; 0 if the level excludes the kind. Every thread of the
   * layout is served, whatever was declared: a device that runs one more would wait forever.
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
   * Pools of this kind that the device reads during its init but does not fill at this level: it
   * logs an error for each one without a buffer.
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

  /** Number of cores of a type. */
  public int cores(int type) {
    int first = Math.max(1, numCores / CORES_PER_CLUSTER);
    return type == AIC ? first : numCores - first;
  }

  /** Type of a core: the first third are {@link #AIC}, all others {@link #AIV}. */
  public int coreType(int core) {
    return core < cores(AIC) ? AIC : AIV;
  }

  /** Offset of a pool within its region. */
  public int poolOffset(BufferKind kind, int instance) {
    return layout.poolsOffset(kind, numCores) + instance * layout.pool(kind).sizeBytes();
  }

  /** End of the swimlane's pools. */
  public int poolsEnd() {
    return layout.poolsEnd(numCores);
  }

  /** Start of a terminal bank. */
  public int terminalBankOffset(int bank) {
    return layout.terminalOffset(bank, BufferKind.AICPU_TASK, 0, numCores);
  }

  /** Size of a region; 0 if it is not attached. */
  public int regionBytes(Region region) {
    return has(region) ? layout.regionBytes(region, numCores) : 0;
  }

  /** Size of the swimlane's region. */
  public int regionBytes() {
    return layout.regionBytes(numCores);
  }
}
