package dev.sluice.abi;

import java.util.ArrayList;
import java.util.List;

/**
 * The shared-memory layout of one runtime on one platform, as a value: all offsets follow from
 * {@link WireFacts} and a short list of constants (abi.md sections 1 and 2). Immutable, compared by
 * those constants.
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
  // The terms of the reference's queue size; pinned there so that the layout does not move.
  private static final int QUEUE_TERM_AICPU_PER_CORE = 8;
  private static final int QUEUE_TERM_AICORE_PER_CORE = 4;
  private static final int QUEUE_TERM_PER_THREAD = 2 * 16;

  private final Generation generation;
  private final Platform platform;
  private final WireFacts facts;
  private final LayoutOverrides overrides;
  private final int queueCount;
  private final int queueEntries;
  private final PoolLayout pool;
  private final List<BufferLayout> buffers;
  private final int queueHeadsOffset;
  private final int queueTailsOffset;
  private final int numCoresOffset;
  private final int backpressureOffset;
  private final int schemaOffset;
  private final int headerBytes;

  private Layout(Generation generation, Platform platform, LayoutOverrides overrides) {
    this.generation = generation;
    this.platform = platform;
    this.overrides = overrides;
    this.facts = generation.facts(platform).with(overrides.facts());
    this.queueCount = facts.queues();
    this.queueEntries =
        overrides.readyQueueEntries() != 0
            ? overrides.readyQueueEntries()
            : platform.maxCores() * (QUEUE_TERM_AICPU_PER_CORE + QUEUE_TERM_AICORE_PER_CORE)
                + queueCount * QUEUE_TERM_PER_THREAD;
    this.pool =
        new PoolLayout(overrides.slotCount() != 0 ? overrides.slotCount() : DEFAULT_SLOT_COUNT);
    List<BufferLayout> byKind = new ArrayList<>(BufferKind.COUNT);
    for (BufferKind kind : BufferKind.ALL) {
      int records = overrides.records(kind);
      byKind.add(
          BufferLayout.of(
              kind, records != 0 ? records : kind.defaultRecords(), facts.hasBufferIdentity()));
    }
    this.buffers = List.copyOf(byKind);

    int offset = queueCount * queueEntries * ReadyEntryLayout.SIZE_BYTES;
    queueHeadsOffset = offset;
    offset += queueCount * Integer.BYTES;
    queueTailsOffset = offset;
    offset += queueCount * Integer.BYTES;
    numCoresOffset = offset;
    offset += 5 * Integer.BYTES + platform.maxCores();
    offset = (offset + Integer.BYTES - 1) & -Integer.BYTES;
    backpressureOffset = facts.hasBackpressureBlock() ? offset : -1;
    offset += facts.hasBackpressureBlock() ? 4 * Integer.BYTES : 0;
    schemaOffset = facts.hasCountedEntries() ? offset : -1;
    offset += facts.hasCountedEntries() ? Integer.BYTES : 0;
    headerBytes = align64(offset);
  }

  /** The layout as the public headers have it. */
  public static Layout of(Generation generation, Platform platform) {
    return new Layout(generation, platform, LayoutOverrides.NONE);
  }

  /**
   * The layout of a runtime that was built with other constants.
   *
   * @throws IllegalArgumentException with one line for a person, if a constant is not possible
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

  /** The layout with this id, e.g. {@code l2-2026.06/a2a3}. */
  public static Layout parse(String id) {
    for (Layout layout : all()) {
      if (layout.id().equals(id)) {
        return layout;
      }
    }
    throw new IllegalArgumentException(
        "unknown layout '" + id + "'; there are " + String.join(", ", ids()));
  }

  /** Every generation on every platform, oldest first. */
  public static List<Layout> all() {
    List<Layout> layouts = new ArrayList<>();
    for (Generation generation : Generation.values()) {
      for (Platform platform : Platform.values()) {
        layouts.add(of(generation, platform));
      }
    }
    return layouts;
  }

  /** The ids of {@link #all()}. */
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

  /** What its runtime does, overrides applied. */
  public WireFacts facts() {
    return facts;
  }

  /** In what it differs from the layout of that id. */
  public LayoutOverrides overrides() {
    return overrides;
  }

  /** The fields of a kind's records, as captures store them. */
  public List<RecordColumn> columns(BufferKind kind) {
    return kind.columns(facts);
  }

  /** Ready queues, which is also the number of phase pools of each sort. */
  public int queueCount() {
    return queueCount;
  }

  /** Entries of one ready queue; one of them always stays empty. */
  public int queueEntries() {
    return queueEntries;
  }

  /** Entries from a head to a tail of a ready queue, both of them in range. */
  public int queueFill(int head, int tail) {
    int fill = tail - head;
    return fill < 0 ? fill + queueEntries : fill;
  }

  public PoolLayout pool() {
    return pool;
  }

  public BufferLayout buffer(BufferKind kind) {
    return buffers.get(kind.ordinal());
  }

  /** Offset of an entry of a ready queue. */
  public int entryOffset(int queue, int index) {
    return (queue * queueEntries + index) * ReadyEntryLayout.SIZE_BYTES;
  }

  /** u32, an index in [0, Q). Writer: host. */
  public int queueHeadOffset(int queue) {
    return queueHeadsOffset + queue * Integer.BYTES;
  }

  /** u32, an index in [0, Q). Writer: device. */
  public int queueTailOffset(int queue) {
    return queueTailsOffset + queue * Integer.BYTES;
  }

  /** u32. Writer: host, before launch. */
  public int numCoresOffset() {
    return numCoresOffset;
  }

  /** u32, 1 to 4. Writer: host, before launch. */
  public int levelOffset() {
    return numCoresOffset + 4;
  }

  /** u32. Writer: device; the host zeroes it before launch. */
  public int numSchedPhaseThreadsOffset() {
    return numCoresOffset + 8;
  }

  /** u32. Writer: device; the host zeroes it before launch. */
  public int numOrchPhaseThreadsOffset() {
    return numCoresOffset + 12;
  }

  /** u32. Writer: device; the host zeroes it before launch. */
  public int numPhaseCoresOffset() {
    return numCoresOffset + 16;
  }

  /** i8[maxCores], -1 is unassigned. Writer: device; the host sets -1 before launch. */
  public int coreToThreadOffset() {
    return numCoresOffset + 20;
  }

  /** u32. Writer: host. With a back-pressure block only. */
  public int rqFreezeActiveOffset() {
    return requireBackpressure();
  }

  /** u32. The device sets it, the host clears it. With a back-pressure block only. */
  public int rqContendedOffset() {
    return requireBackpressure() + 4;
  }

  /** u32. Writer: host. With a back-pressure block only. */
  public int fqFreezeActiveOffset() {
    return requireBackpressure() + 8;
  }

  /** u32. The device sets it, the host clears it. With a back-pressure block only. */
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
   * it. With counted entries only.
   */
  public int handoffSchemaOffset() {
    if (schemaOffset < 0) {
      throw new IllegalStateException(id() + " has no schema word");
    }
    return schemaOffset;
  }

  public int headerBytes() {
    return headerBytes;
  }

  private int gridCores(int numCores) {
    return facts.hasFixedGrid() ? platform.maxCores() : numCores;
  }

  private int poolCount(int numCores) {
    return BufferKind.ALL.stream().mapToInt(kind -> poolCount(kind, numCores)).sum();
  }

  /** Pools of a kind in the region: by core, or one for each possible AICPU thread. */
  public int poolCount(BufferKind kind, int numCores) {
    return kind.isPerCore() ? gridCores(numCores) : queueCount;
  }

  /** Offset of the first pool of a kind; the region order is that of abi.md 2.8. */
  public int poolsOffset(BufferKind kind, int numCores) {
    int offset = headerBytes;
    for (BufferKind before : BufferKind.IN_REGION) {
      if (before == kind) {
        return offset;
      }
      offset += poolCount(before, numCores) * pool.sizeBytes();
    }
    throw new IllegalArgumentException(kind + " has no pools in the region");
  }

  /** Header and pools together, without what comes behind them. */
  public int poolsEnd(int numCores) {
    return headerBytes + poolCount(numCores) * pool.sizeBytes();
  }

  /** Header, pools and terminal banks together. */
  public int regionBytes(int numCores) {
    return poolsEnd(numCores) + facts.terminalBanks() * terminalBankBytes(numCores);
  }

  /** One line for each pool of the region. */
  public int terminalBankBytes(int numCores) {
    return poolCount(numCores) * TerminalLayout.SIZE_BYTES;
  }

  /** Offset of the line of a pool in a bank: the banks follow the pools and are in their order. */
  public int terminalOffset(int bank, BufferKind kind, int instance, int numCores) {
    int pools = (poolsOffset(kind, numCores) - headerBytes) / pool.sizeBytes() + instance;
    return poolsEnd(numCores)
        + bank * terminalBankBytes(numCores)
        + pools * TerminalLayout.SIZE_BYTES;
  }

  /** Rounded up to a cache line. */
  public static int align64(int bytes) {
    return (bytes + 63) & -64;
  }

  @Override
  public String toString() {
    return id();
  }
}
