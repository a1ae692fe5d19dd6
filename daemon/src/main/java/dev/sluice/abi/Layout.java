package dev.sluice.abi;

import java.util.ArrayList;
import java.util.List;

/**
 * The shared-memory layout of one runtime on one platform: all offsets follow from {@link
 * WireFacts} and a few constants (abi.md, Layouts). Immutable, compared by those constants. Methods
 * that do not name a region are about the swimlane:
 *
 * <pre>
 *   base
 *    + header      queues[T][Q] | queue_heads u32[T] | queue_tails u32[T] | num_cores | level |
 *                  num_sched_phase_threads | num_orch_phase_threads | num_phase_cores |
 *                  core_to_thread i8[MAX_CORES] | some: 4 back-pressure words | some: schema word
 *    + pools       AICPU task [cores] | AICore task [cores] | sched phase [T] | orch phase [T]
 *    + terminals   some: banks of one 64-byte line for each of these pools
 * </pre>
 */
public final class Layout {
  private static final int DEFAULT_SLOT_COUNT = 4;
  private static final int MAX_SLOT_COUNT = 64;
  private static final int MAX_READY_QUEUE_ENTRIES = 1 << 16;
  private static final int MAX_RECORDS = 1 << 20;
  // The terms of the reference's queue size, constant there so that the layout does not change.
  private static final int QUEUE_TERM_AICPU_PER_CORE = 8;
  private static final int QUEUE_TERM_AICORE_PER_CORE = 4;
  private static final int QUEUE_TERM_PER_THREAD = 2 * 16;
  private static final int PMU_ENTRIES_PER_CORE = 2;
  private static final int SCOPE_STATS_ENTRIES = 8;
  private static final int BLOCK_BYTES = 4 * Integer.BYTES;
  // PMU on a5: a core stages two records of a cache line each until an AICPU thread takes them.
  private static final int PMU_RING_BYTES = 128;

  private final Generation generation;
  private final Platform platform;
  private final WireFacts facts;
  private final LayoutOverrides overrides;
  private final RegionLayout swimlane;
  private final RegionLayout pmu;
  private final RegionLayout scopeStats;
  private final PoolLayout pool;
  private final PoolLayout pmuPool;
  private final PoolLayout scopeStatsPool;
  private final List<BufferLayout> buffers;
  private final int backpressureOffset;
  private final int schemaOffset;

  private Layout(Generation generation, Platform platform, LayoutOverrides overrides) {
    this.generation = generation;
    this.platform = platform;
    this.overrides = overrides;
    this.facts = generation.facts(platform).with(overrides.facts());
    int queues = facts.queues();
    this.pool =
        PoolLayout.swimlane(
            overrides.slotCount() != 0 ? overrides.slotCount() : DEFAULT_SLOT_COUNT);
    this.pmuPool = PoolLayout.pmu(platform);
    this.scopeStatsPool = PoolLayout.scopeStats();
    List<BufferLayout> byKind = new ArrayList<>(BufferKind.COUNT);
    for (BufferKind kind : BufferKind.ALL) {
      int records = overrides.records(kind);
      byKind.add(
          BufferLayout.of(
              kind, records != 0 ? records : kind.defaultRecords(), facts.hasBufferIdentity()));
    }
    this.buffers = List.copyOf(byKind);

    int entries =
        overrides.readyQueueEntries() != 0
            ? overrides.readyQueueEntries()
            : platform.maxCores() * (QUEUE_TERM_AICPU_PER_CORE + QUEUE_TERM_AICORE_PER_CORE)
                + queues * QUEUE_TERM_PER_THREAD;
    int words = 5 * Integer.BYTES + platform.maxCores();
    int block = facts.hasBackpressureBlock() ? BLOCK_BYTES : 0;
    int schema = facts.hasCountedEntries() ? Integer.BYTES : 0;
    this.swimlane =
        new RegionLayout(queues, entries, from -> align4(from + words) + block + schema);
    int behindMap = align4(swimlane.wordsOffset() + words);
    backpressureOffset = block != 0 ? behindMap : -1;
    schemaOffset = schema != 0 ? behindMap + block : -1;
    this.pmu =
        new RegionLayout(
            queues,
            PMU_ENTRIES_PER_CORE * platform.maxCores(),
            from -> from + 2 * Integer.BYTES + block);
    this.scopeStats =
        new RegionLayout(
            queues, SCOPE_STATS_ENTRIES, from -> ScopeStatsHeader.at(from, block != 0).endOffset());
  }

  /** Returns the layout of the public headers. */
  public static Layout of(Generation generation, Platform platform) {
    return new Layout(generation, platform, LayoutOverrides.NONE);
  }

  /**
   * Returns the layout of a runtime that was built with other constants.
   *
   * @throws IllegalArgumentException with one human-readable line, if a constant is not possible
   */
  public static Layout of(Generation generation, Platform platform, LayoutOverrides overrides) {
    int slots = overrides.slotCount();
    if (slots < 0 || slots > MAX_SLOT_COUNT || Integer.bitCount(slots) > 1) {
      throw new IllegalArgumentException(
          "slot count " + slots + " is not a power of two from 1 to " + MAX_SLOT_COUNT);
    }
    int entries = overrides.readyQueueEntries();
    if (entries < 0 || entries == 1 || entries > MAX_READY_QUEUE_ENTRIES) {
      throw new IllegalArgumentException(
          "ready queue of " + entries + " entries is not from 2 to " + MAX_READY_QUEUE_ENTRIES);
    }
    for (BufferKind kind : BufferKind.ALL) {
      int records = overrides.records(kind);
      if (records < 0 || records > MAX_RECORDS) {
        throw new IllegalArgumentException(
            kind.label() + ": " + records + " records per buffer is not from 1 to " + MAX_RECORDS);
      }
    }
    if (Integer.bitCount(overrides.aicoreTaskRecords()) > 1) {
      throw new IllegalArgumentException(
          "aicore_task: "
              + overrides.aicoreTaskRecords()
              + " records per buffer is not a power of two, but the device rotates by a mask");
    }
    return new Layout(generation, platform, overrides);
  }

  /** Returns the layout with this id, e.g. {@code l2-2026.06/a2a3}. */
  public static Layout parse(String id) {
    for (Layout layout : all()) {
      if (layout.id().equals(id)) {
        return layout;
      }
    }
    throw new IllegalArgumentException(
        "unknown layout '" + id + "'; known: " + String.join(", ", ids()));
  }

  /** Returns every generation on every platform, oldest first. */
  public static List<Layout> all() {
    List<Layout> layouts = new ArrayList<>();
    for (Generation generation : Generation.values()) {
      for (Platform platform : Platform.values()) {
        layouts.add(of(generation, platform));
      }
    }
    return layouts;
  }

  /** Returns the ids of {@link #all()}. */
  public static List<String> ids() {
    return all().stream().map(Layout::id).toList();
  }

  /** Generation and platform; overrides are not part of the id. */
  public String id() {
    return generation.id() + "/" + platform.id();
  }

  public Generation generation() {
    return generation;
  }

  public Platform platform() {
    return platform;
  }

  /** Wire facts of its runtime, with overrides applied. */
  public WireFacts facts() {
    return facts;
  }

  /** Differences from the layout with the same id. */
  public LayoutOverrides overrides() {
    return overrides;
  }

  /** Fields of a kind's records, as captures store them. */
  public List<RecordColumn> columns(BufferKind kind) {
    return kind.columns(this);
  }

  /** Whether its runtimes have this region in a form that is supported. */
  public boolean has(Region region) {
    return region == Region.SWIMLANE || generation == Generation.CHIP_2026_09;
  }

  /** Ready queues and header of a region. */
  public RegionLayout region(Region region) {
    return switch (region) {
      case SWIMLANE -> swimlane;
      case PMU -> pmu;
      case SCOPE_STATS -> scopeStats;
    };
  }

  /** Ready queues of a region, and phase pools of each kind. */
  public int queueCount() {
    return swimlane.queueCount();
  }

  /** Entries of one ready queue of the swimlane; one entry always stays empty. */
  public int queueEntries() {
    return swimlane.queueEntries();
  }

  /** Layout of a swimlane pool. */
  public PoolLayout pool() {
    return pool;
  }

  /** Layout of a pool of a kind. */
  public PoolLayout pool(BufferKind kind) {
    return switch (kind.region()) {
      case SWIMLANE -> pool;
      case PMU -> pmuPool;
      case SCOPE_STATS -> scopeStatsPool;
    };
  }

  public BufferLayout buffer(BufferKind kind) {
    return buffers.get(kind.ordinal());
  }

  /** Offset of an entry of a ready queue of the swimlane. */
  public int entryOffset(int queue, int index) {
    return swimlane.entryOffset(queue, index);
  }

  /** u32, an index in [0, Q). Writer: host. */
  public int queueHeadOffset(int queue) {
    return swimlane.queueHeadOffset(queue);
  }

  /** u32, an index in [0, Q). Writer: device. */
  public int queueTailOffset(int queue) {
    return swimlane.queueTailOffset(queue);
  }

  /** u32 in the header of PMU: event type of the counters. Writer: host, before launch. */
  public int pmuEventTypeOffset() {
    return pmu.wordsOffset() + Integer.BYTES;
  }

  /** Offsets of the words of the scope statistics' header, from the start of that region. */
  public ScopeStatsHeader scopeStatsHeader() {
    return ScopeStatsHeader.at(scopeStats.wordsOffset(), facts.hasBackpressureBlock());
  }

  /**
   * Offset within a PMU state on a5 of the device address of its core's staging ring, u64. Writer:
   * host, before launch. -1 if there are no rings.
   */
  public int pmuRingPointerOffset() {
    return platform == Platform.A5 ? 136 : -1;
  }

  /** Offset of a core's staging ring in the PMU region, on a5. */
  public int pmuRingOffset(int core, int numCores) {
    return pmu.headerBytes() + numCores * pmuPool.sizeBytes() + core * PMU_RING_BYTES;
  }

  /** Offset of the table of ring addresses, u64[numCores], which follows the rings. */
  public int pmuRingTableOffset(int numCores) {
    return pmuRingOffset(numCores, numCores);
  }

  /** u32. Writer: host, before launch. */
  public int numCoresOffset() {
    return swimlane.wordsOffset();
  }

  /** u32, 1 to 4. Writer: host, before launch. */
  public int levelOffset() {
    return swimlane.wordsOffset() + 4;
  }

  /** u32. Writer: device; the host zeroes it before launch. */
  public int numSchedPhaseThreadsOffset() {
    return swimlane.wordsOffset() + 8;
  }

  /** u32. Writer: device; the host zeroes it before launch. */
  public int numOrchPhaseThreadsOffset() {
    return swimlane.wordsOffset() + 12;
  }

  /** u32. Writer: device; the host zeroes it before launch. */
  public int numPhaseCoresOffset() {
    return swimlane.wordsOffset() + 16;
  }

  /** i8[maxCores], -1 is unassigned. Writer: device; the host sets -1 before launch. */
  public int coreToThreadOffset() {
    return swimlane.wordsOffset() + 20;
  }

  /** u32. Writer: host. Only with a back-pressure block. */
  public int rqFreezeActiveOffset() {
    return requireBackpressure();
  }

  /** u32. The device sets it, the host clears it. Only with a back-pressure block. */
  public int rqContendedOffset() {
    return requireBackpressure() + 4;
  }

  /** u32. Writer: host. Only with a back-pressure block. */
  public int fqFreezeActiveOffset() {
    return requireBackpressure() + 8;
  }

  /** u32. The device sets it, the host clears it. Only with a back-pressure block. */
  public int fqContendedOffset() {
    return requireBackpressure() + 12;
  }

  private int requireBackpressure() {
    if (backpressureOffset < 0) {
      throw new IllegalStateException(id() + " has no back-pressure block");
    }
    return backpressureOffset;
  }

  /**
   * u32: the schema of the ready entries. Writer: device, before the first entry; the host zeroes
   * it. Only with counted entries.
   */
  public int handoffSchemaOffset() {
    if (schemaOffset < 0) {
      throw new IllegalStateException(id() + " has no schema word");
    }
    return schemaOffset;
  }

  public int headerBytes() {
    return swimlane.headerBytes();
  }

  private int gridCores(int numCores) {
    return facts.hasFixedGrid() ? platform.maxCores() : numCores;
  }

  private int poolCount(int numCores) {
    return BufferKind.IN_SWIMLANE.stream().mapToInt(kind -> poolCount(kind, numCores)).sum();
  }

  /** Number of pools of a kind in its region: per core, or one per possible AICPU thread. */
  public int poolCount(BufferKind kind, int numCores) {
    return switch (kind.region()) {
      case SWIMLANE -> kind.isPerCore() ? gridCores(numCores) : queueCount();
      case PMU -> numCores;
      case SCOPE_STATS -> 1;
    };
  }

  /** Offset of the first pool of a kind in its region; the order is that of abi.md, Layouts. */
  public int poolsOffset(BufferKind kind, int numCores) {
    int offset = region(kind.region()).headerBytes();
    if (kind.region() != Region.SWIMLANE) {
      return offset;
    }
    for (BufferKind before : BufferKind.IN_SWIMLANE) {
      if (before == kind) {
        return offset;
      }
      offset += poolCount(before, numCores) * pool.sizeBytes();
    }
    throw new IllegalArgumentException(kind + " has no pools in the region");
  }

  /** Size of header and pools of the swimlane, without the terminal banks. */
  public int poolsEnd(int numCores) {
    return headerBytes() + poolCount(numCores) * pool.sizeBytes();
  }

  /** Size of a region. */
  public int regionBytes(Region region, int numCores) {
    return switch (region) {
      case SWIMLANE -> regionBytes(numCores);
      case PMU ->
          platform == Platform.A5
              ? pmuRingTableOffset(numCores) + numCores * Long.BYTES
              : pmuRingOffset(0, numCores);
      case SCOPE_STATS -> scopeStats.headerBytes() + scopeStatsPool.sizeBytes();
    };
  }

  /** Size of header, pools and terminal banks of the swimlane. */
  public int regionBytes(int numCores) {
    return poolsEnd(numCores) + facts.terminalBanks() * terminalBankBytes(numCores);
  }

  /** Size of a bank: one line for each pool of the region. */
  public int terminalBankBytes(int numCores) {
    return poolCount(numCores) * TerminalLayout.SIZE_BYTES;
  }

  /** Offset of a pool's line in a bank: the banks follow the pools, with lines in pool order. */
  public int terminalOffset(int bank, BufferKind kind, int instance, int numCores) {
    int pools = (poolsOffset(kind, numCores) - headerBytes()) / pool.sizeBytes() + instance;
    return poolsEnd(numCores)
        + bank * terminalBankBytes(numCores)
        + pools * TerminalLayout.SIZE_BYTES;
  }

  private static int align4(int bytes) {
    return (bytes + Integer.BYTES - 1) & -Integer.BYTES;
  }

  /** Rounds up to a cache line. */
  public static int align64(int bytes) {
    return (bytes + 63) & -64;
  }

  @Override
  public String toString() {
    return id();
  }
}
