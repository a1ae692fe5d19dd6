package dev.sluice.abi;

import java.util.List;
import java.util.function.Function;

/**
 * A kind of buffer: what a device writes into it, how many pools it has, and what the engine needs
 * to serve and account for it. One instance per kind.
 */
public final class BufferKind {
  /** The unit for which a kind has one pool. */
  public enum Instances {
    CORES,
    SCHED_THREADS,
    ORCHESTRATORS
  }

  // Targets of "auto": phases follow the reference; task kinds get a few more, so that a full free
  // queue, the current buffer, the stash and two buffers held by the host can coexist.
  public static final BufferKind AICPU_TASK =
      new BufferKind(
          new Place(Region.SWIMLANE, 0, 0),
          new Records("aicpu_task", 32, 1000, layout -> AicpuTaskRecord.COLUMNS),
          new Pools(Instances.CORES, 2, 1, 8),
          1);

  public static final BufferKind SCHED_PHASE =
      new BufferKind(
          new Place(Region.SWIMLANE, 1, 1),
          new Records(
              "sched_phase", 64, 16384, layout -> layout.facts().schedPhaseRecord().columns()),
          new Pools(Instances.SCHED_THREADS, 3, 1, 6),
          2);

  public static final BufferKind ORCH_PHASE =
      new BufferKind(
          new Place(Region.SWIMLANE, 2, 2),
          new Records("orch_phase", 32, 16384, layout -> OrchPhaseRecord.COLUMNS),
          new Pools(Instances.ORCHESTRATORS, 4, 1, 8),
          2);

  public static final BufferKind AICORE_TASK =
      new BufferKind(
          new Place(Region.SWIMLANE, 3, 3),
          new Records("aicore_task", 32, 1024, layout -> AicoreTaskRecord.COLUMNS),
          new Pools(Instances.CORES, 1, 2, 8),
          2);

  // Default buffers: the device's two per core (PMU) and four (scope statistics), plus as many as
  // the ready queue takes at the usual number of cores.
  public static final BufferKind PMU =
      new BufferKind(
          new Place(Region.PMU, 4, 0),
          new Records("pmu", PmuRecord.SIZE_BYTES, 512, PmuRecord::columns),
          new Pools(Instances.CORES, 1, 1, 4),
          1);

  public static final BufferKind SCOPE_STATS =
      new BufferKind(
          new Place(Region.SCOPE_STATS, 5, 0),
          new Records(
              "scope_stats", ScopeStatsRecord.SIZE_BYTES, 512, layout -> ScopeStatsRecord.COLUMNS),
          new Pools(Instances.ORCHESTRATORS, 1, 1, 6),
          2);

  /** All kinds in the order of their numbers; the swimlane's come first. */
  public static final List<BufferKind> ALL =
      List.of(AICPU_TASK, SCHED_PHASE, ORCH_PHASE, AICORE_TASK, PMU, SCOPE_STATS);

  /** Kinds whose records have a start and an end by the device's clock. */
  public static final List<BufferKind> TIMED =
      List.of(AICPU_TASK, SCHED_PHASE, ORCH_PHASE, AICORE_TASK);

  /** Kinds in the order of their pools in the swimlane's region (abi.md, Layouts). */
  static final List<BufferKind> IN_SWIMLANE =
      List.of(AICPU_TASK, AICORE_TASK, SCHED_PHASE, ORCH_PHASE);

  /** Number of kinds. */
  public static final int COUNT = ALL.size();

  // For every kind that has them.
  private static final int START_TIME_OFFSET = 0;
  private static final int END_TIME_OFFSET = 8;

  private final Place place;
  private final Records records;
  private final Pools pools;
  private final int begunRecords;

  /**
   * Identity of a kind.
   *
   * @param number among all kinds: in arrays, messages and captures
   * @param wireNumber among those of its region: the {@code kind} word of a ready entry
   */
  private record Place(Region region, int number, int wireNumber) {}

  /**
   * Content of a buffer.
   *
   * @param perBuffer records, unless the runtime was built with another number
   */
  private record Records(
      String label, int bytes, int perBuffer, Function<Layout, List<RecordColumn>> columns) {}

  /**
   * Number of pools, and their needs.
   *
   * @param minimumLevel lowest profiling level at which the device fills them
   * @param atDevice buffers that a device can hold in addition to those in the free queue
   * @param autoBuffers buffers per pool without configuration
   */
  private record Pools(Instances instances, int minimumLevel, int atDevice, int autoBuffers) {}

  private BufferKind(Place place, Records records, Pools pools, int begunRecords) {
    this.place = place;
    this.records = records;
    this.pools = pools;
    this.begunRecords = begunRecords;
  }

  /** Number among all kinds: index in arrays by kind, in attach messages and captures. */
  public int ordinal() {
    return place.number;
  }

  /** The {@code kind} word of a ready entry. Meaningless where a region has only one kind. */
  public int wireNumber() {
    return place.wireNumber;
  }

  /** Region that the buffers belong to. */
  public Region region() {
    return place.region;
  }

  /** Whether its records have a start and an end by the device's clock. */
  public boolean isTimed() {
    return place.region == Region.SWIMLANE;
  }

  /** Value of the metric label {@code kind}, and the JSON key. */
  public String label() {
    return records.label;
  }

  public int recordBytes() {
    return records.bytes;
  }

  /** Records per buffer, unless the runtime was built with another number. */
  public int defaultRecords() {
    return records.perBuffer;
  }

  /** Fields of a record, as captures store them. */
  List<RecordColumn> columns(Layout layout) {
    return records.columns.apply(layout);
  }

  /** Offset of the start time, u64, in device ticks. Timed kinds only. */
  public int startTimeOffset() {
    return START_TIME_OFFSET;
  }

  /** Offset of the end time, u64, in device ticks. Timed kinds only. */
  public int endTimeOffset() {
    return END_TIME_OFFSET;
  }

  /** Lowest profiling level at which the device fills buffers of this kind. */
  public int minimumLevel() {
    return pools.minimumLevel;
  }

  /** The unit for which the kind has one pool. */
  public Instances instances() {
    return pools.instances;
  }

  /** Whether there is a pool per core; otherwise per AICPU thread. */
  public boolean isPerCore() {
    return pools.instances == Instances.CORES;
  }

  /**
   * Buffers that a pool must be allowed so that it cannot starve: those that the device holds (the
   * current one, an AICore's stashed one) and the next (abi.md, rule C1).
   */
  public int smallestQuota() {
    return pools.atDevice + 1;
  }

  /** Buffers per pool if neither client nor configuration sets a number. */
  public int autoBuffers() {
    return pools.autoBuffers;
  }

  /**
   * Records that a pool can have counted but not completed when its producer stops at an arbitrary
   * instruction: for an AICore up to two dispatches in flight; for a phase pool one record being
   * written and, once it is dead, one given up as possibly torn; for an AICPU pool one.
   */
  public int begunRecords() {
    return begunRecords;
  }

  /** Returns the kind with this number, or null: the number comes from a file. */
  public static BufferKind ofNumber(int numberUntrusted) {
    return numberUntrusted >= 0 && numberUntrusted < COUNT ? ALL.get(numberUntrusted) : null;
  }

  @Override
  public String toString() {
    return label();
  }
}
