package dev.sluice.abi;

import java.nio.ByteBuffer;

/**
 * The content of the synthetic producer's records, rebuilt from seed, origin and period with the
 * formulas documented in {@code sluice_content.h}. Compares records in place, without allocating.
 * Stateless except for constants; thread-safe.
 */
public final class SyntheticContent {
  static final long K = 0x9E3779B97F4A7C15L;
  private static final int CLASS_TASK = 0;
  private static final int CLASS_ORCH = 2;
  private static final int CLASS_ROUND = 3;
  private static final int TURNS = 256;

  private static final int CLASS_PMU = 4;
  private static final int CLASS_SCOPE_STATS = 5;
  // "scope_0." and "cpp" as numbers; the digit depends on the scope.
  private static final long SITE_HEAD = 0x2E30_5F65_706F_6373L;
  private static final int SITE_DIGIT_SHIFT = 48;
  private static final long SITE_TAIL = 0x70_7063L;

  private final int cores;
  private final long origin;
  private final Span task;
  private final Span step;
  private final long[] taskStreams;
  private final long[] pmuStreams;
  private final long scopeStatsStream;
  private final int pmuCounters;
  private final long orchStream;

  private final boolean isJittered;
  private final boolean isGraph;
  private final SlotTimes cubeSlots;
  private final SlotTimes vectorSlots;
  private final SlotTimes orchSlots;
  private final SyntheticSchedPhases schedPhases;
  private final int cubeCores;

  /** By round of tasks: the rotation of the cores. */
  private final int[] turns = new int[TURNS];

  /**
   * Determines the content of every record; times in ticks of the device's clock.
   *
   * @param isJittered tasks, gaps and order vary as in a workload; otherwise one task per period
   */
  public record Recipe(long seed, long originTicks, long periodTicks, boolean isJittered) {}

  /**
   * Regular content: a spacing of records in time, with a sixteenth of it and a jitter mask below
   * that.
   */
  record Span(long ticks, long q, long m) {
    static Span of(long ticks) {
      long q = Long.divideUnsigned(ticks, 16);
      return new Span(ticks, q, q == 0 ? 0 : Long.highestOneBit(q) - 1);
    }
  }

  /** Regular content. */
  public SyntheticContent(Geometry geometry, long seed, long originTicks, long periodTicks) {
    this(geometry, new Recipe(seed, originTicks, periodTicks, false));
  }

  public SyntheticContent(Geometry geometry, Recipe recipe) {
    long seed = recipe.seed();
    long periodTicks = recipe.periodTicks();
    cores = geometry.numCores();
    origin = recipe.originTicks();
    isJittered = recipe.isJittered();
    isGraph = isGraph(geometry);
    task = Span.of(periodTicks);
    step = Span.of(Long.divideUnsigned(periodTicks, cores));
    taskStreams = new long[cores];
    pmuStreams = new long[cores];
    for (int core = 0; core < cores; core++) {
      taskStreams[core] = stream(seed, CLASS_TASK, core);
      pmuStreams[core] = stream(seed, CLASS_PMU, core);
    }
    scopeStatsStream = stream(seed, CLASS_SCOPE_STATS, 0);
    pmuCounters = PmuRecord.counters(geometry.layout().platform());
    orchStream = stream(seed, CLASS_ORCH, 0);
    long group256 = SlotTimes.group256(periodTicks);
    cubeSlots = new SlotTimes(SlotTimes.ALIKE, group256);
    vectorSlots = new SlotTimes(SlotTimes.LONG_TAIL, group256);
    orchSlots = new SlotTimes(SlotTimes.ALIKE, Long.divideUnsigned(group256, cores));
    schedPhases = new SyntheticSchedPhases(geometry, recipe);
    cubeCores = Math.max(1, cores / 3);
    long rounds = stream(seed, CLASS_ROUND, 0);
    for (int i = 0; i < TURNS && isJittered; i++) {
      turns[i] = (int) (((bits(true, rounds, i) >>> 32) * cores) >>> 32);
    }
  }

  /** Whether task ids are those of host_build_graph. */
  static boolean isGraph(Geometry geometry) {
    return geometry.layout().facts().phaseNumbering() == PhaseNumbering.HOST_BUILD_GRAPH;
  }

  static long stream(long seed, int recordClass, int instance) {
    return mix(seed + K * (1024L * recordClass + instance + 1));
  }

  static long mix(long number) {
    long z = number;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  static long bits(boolean isJittered, long stream, long index) {
    long z = (stream + index) * K;
    return isJittered ? (z ^ z >>> 32) * 0xD6E8FEB86659FD93L : z;
  }

  static long token(boolean isJittered, boolean isGraph, long task) {
    long ring = (isJittered ? task >>> 14 : task) & 3;
    long local =
        isJittered ? (task >>> 16 << 14) + (task & 16383) & 0xFFFFFFFFL : task >>> 2 & 0xFFFFFFFFL;
    long space = isGraph && ring != 0 ? 1L << 62 : 0;
    return space | ring << 32 | local;
  }

  /** Returns the device-wide number of a core's task. */
  private long taskNumber(int core, long index) {
    int turned = core + turns[(int) index & TURNS - 1];
    return index * cores + (turned < cores ? turned : turned - cores);
  }

  /** Returns the low 32 bits of the per-pool index in a record (33 for scheduler phases). */
  public long indexIn(BufferKind kind, ByteBuffer memory, int at) {
    if (kind == BufferKind.SCHED_PHASE) {
      return schedPhases.indexIn(memory, at);
    }
    return Integer.toUnsignedLong(memory.getInt(at + indexOffset(kind)));
  }

  private static int indexOffset(BufferKind kind) {
    if (kind == BufferKind.AICORE_TASK) {
      return AicoreTaskRecord.REG_TASK_ID_OFFSET;
    }
    if (kind == BufferKind.PMU) {
      return PmuRecord.TASK_ID_OFFSET;
    }
    if (kind == BufferKind.SCOPE_STATS) {
      return ScopeStatsRecord.TASK_START_OFFSET;
    }
    return kind == BufferKind.AICPU_TASK
        ? AicpuTaskRecord.REG_TASK_ID_OFFSET
        : OrchPhaseRecord.SUBMIT_IDX_OFFSET;
  }

  /** Number of index bits that {@link #indexIn} returns. */
  public static int indexBits(BufferKind kind) {
    return kind == BufferKind.SCHED_PHASE ? 33 : 32;
  }

  /**
   * Whether the record at {@code at} equals the one with this index in every bit.
   *
   * @param instance core or thread
   * @param index all 64 bits
   */
  public boolean matches(BufferKind kind, ByteBuffer memory, int at, int instance, long index) {
    return matching(kind, memory, at, 1, instance, index) == 1;
  }

  /**
   * Returns how many records from {@code at} on equal those from this index on in every bit, up to
   * the first mismatch. Like {@link #matches}, but much faster.
   *
   * @param count number of records there
   */
  public int matching(
      BufferKind kind, ByteBuffer memory, int at, int count, int instance, long index) {
    int size = kind.recordBytes();
    int found = 0;
    // A loop per kind, so that what its records have in common is computed once.
    if (kind == BufferKind.AICPU_TASK) {
      while (found < count
          && matchesAicpuTask(memory, at + found * size, instance, index + found)) {
        found++;
      }
    } else if (kind == BufferKind.AICORE_TASK) {
      while (found < count
          && matchesAicoreTask(memory, at + found * size, instance, index + found)) {
        found++;
      }
    } else if (kind == BufferKind.ORCH_PHASE) {
      while (found < count && matchesOrchPhase(memory, at + found * size, index + found)) {
        found++;
      }
    } else if (kind == BufferKind.PMU) {
      while (found < count && matchesPmu(memory, at + found * size, instance, index + found)) {
        found++;
      }
    } else if (kind == BufferKind.SCOPE_STATS) {
      while (found < count && matchesScopeStats(memory, at + found * size, index + found)) {
        found++;
      }
    } else {
      while (found < count
          && schedPhases.matches(memory, at + found * size, instance, index + found)) {
        found++;
      }
    }
    return found;
  }

  private long taskBase(int core, long index) {
    return origin + index * task.ticks + core * step.ticks;
  }

  private SlotTimes taskSlots(int core) {
    return core < cubeCores ? cubeSlots : vectorSlots;
  }

  private static long taskSlotStart(
      SlotTimes slots, int slot, long stream, long origin, long index) {
    return slots.start(slot, origin + (((stream >>> 54) * slots.groupTicks()) >>> 10), index);
  }

  private boolean matchesAicpuTask(ByteBuffer memory, int at, int core, long index) {
    long stream = taskStreams[core];
    long x = bits(isJittered, stream, index);
    long dispatch;
    long finish;
    if (isJittered) {
      SlotTimes slots = taskSlots(core);
      int slot = slots.slot(stream, index);
      long start = taskSlotStart(slots, slot, stream, origin, index);
      long ones = slots.ones(slot);
      dispatch = start + (x >>> 52 & ones >>> 5);
      finish = start + slots.length(slot) - 1 - (x >>> 42 & ones >>> 5);
    } else {
      long base = taskBase(core, index);
      dispatch = base + (x >>> 24 & task.m);
      finish = base + 12 * task.q + (x >>> 48 & task.m);
    }
    return memory.getLong(at) == dispatch
        && memory.getLong(at + 8) == finish
        && memory.getLong(at + 16) == (index & 0xFFFFFFFFL)
        && memory.getLong(at + 24) == 0;
  }

  private boolean matchesAicoreTask(ByteBuffer memory, int at, int core, long index) {
    long stream = taskStreams[core];
    long x = bits(isJittered, stream, index);
    long start;
    long end;
    long receiveToStart;
    if (isJittered) {
      SlotTimes slots = taskSlots(core);
      int slot = slots.slot(stream, index);
      long base = taskSlotStart(slots, slot, stream, origin, index);
      long length = slots.length(slot);
      long ones = slots.ones(slot);
      start = base + (length >>> 3) + (x >>> 12 & ones >>> 5);
      end = base + length - (length >>> 2) + (x >>> 22 & ones >>> 4);
      receiveToStart = 1 + (x >>> 2 & ones >>> 6);
    } else {
      long base = taskBase(core, index);
      start = base + 2 * task.q + (x >>> 32 & task.m);
      end = base + 8 * task.q + (x >>> 40 & task.m);
      receiveToStart = x >>> 56 & task.m;
    }
    return memory.getLong(at) == start
        && memory.getLong(at + 8) == end
        && memory.getLong(at + 16) == token(isJittered, isGraph, taskNumber(core, index))
        && memory.getLong(at + 24) == ((index & 0xFFFFFFFFL) | receiveToStart << 32);
  }

  /** One task per record; its ring is the core. The bits are never jittered. */
  private boolean matchesPmu(ByteBuffer memory, int at, int core, long index) {
    long x = bits(false, pmuStreams[core], index);
    boolean isRight =
        memory.getLong(at) == ((index & 0xFFFFFFFFL) | (long) core << 32)
            && memory.getInt(at + PmuRecord.FUNC_ID_OFFSET) == (int) (x >>> 60)
            && memory.getInt(at + PmuRecord.CORE_TYPE_OFFSET) == (core < cubeCores ? 0 : 1)
            && memory.getLong(at + PmuRecord.PMU_TOTAL_CYCLES_OFFSET) == 1000 + (x >>> 40 & 0xFFFF);
    for (int i = 0; i < 10 && isRight; i++) {
      int counter = i < pmuCounters ? (int) (x >>> (3 * i) & 0xFFFF) : 0;
      isRight = memory.getInt(at + PmuRecord.COUNTERS_OFFSET + 4 * i) == counter;
    }
    return isRight;
  }

  /** Two records per scope. */
  private boolean matchesScopeStats(ByteBuffer memory, int at, long index) {
    long x = bits(false, scopeStatsStream, index);
    long scope = index >>> 1;
    return memory.getLong(at) == SITE_HEAD + (scope % 10 << SITE_DIGIT_SHIFT)
        && memory.getLong(at + 8) == SITE_TAIL
        && memory.getLong(at + 16) == 0
        && memory.getLong(at + 24) == 0
        && memory.getLong(at + ScopeStatsRecord.HEAP_START_OFFSET) == index * 4096
        && memory.getLong(at + ScopeStatsRecord.HEAP_END_OFFSET) == index * 4096 + (x >>> 52) * 64
        && memory.getInt(at + ScopeStatsRecord.SITE_LINE_OFFSET) == 100 + scope % 1000
        && memory.getInt(at + ScopeStatsRecord.TASK_START_OFFSET) == (int) index
        && memory.getInt(at + ScopeStatsRecord.TASK_END_OFFSET) == (int) (index + (x >>> 60))
        && memory.getInt(at + ScopeStatsRecord.DEP_POOL_START_OFFSET) == (int) (2 * index)
        && memory.getInt(at + ScopeStatsRecord.DEP_POOL_END_OFFSET)
            == (int) (2 * index + (x >>> 61))
        && memory.getInt(at + ScopeStatsRecord.TENSORMAP_USED_OFFSET) == (int) (x >>> 40 & 0xFFF)
        && memory.getShort(at + ScopeStatsRecord.DEPTH_OFFSET) == scope % 64
        && memory.getShort(at + ScopeStatsRecord.RING_ID_OFFSET) == scope % 4
        && memory.getInt(at + ScopeStatsRecord.PHASE_OFFSET) == (int) (index & 1);
  }

  private boolean matchesOrchPhase(ByteBuffer memory, int at, long index) {
    long x = bits(isJittered, orchStream, index);
    long start;
    long end;
    if (isJittered) {
      int slot = orchSlots.slot(orchStream, index);
      long base = orchSlots.start(slot, origin - 2 * cubeSlots.groupTicks(), index);
      long ones = orchSlots.ones(slot);
      start = base + (x >>> 52 & ones >>> 3);
      end = base + (orchSlots.length(slot) >>> 1) + (x >>> 32 & ones >>> 2);
    } else {
      long base = origin - 2 * task.ticks + index * step.ticks;
      start = base + (x >>> 24 & step.m);
      end = base + 8 * step.q + (x >>> 32 & step.m);
    }
    return memory.getLong(at) == start
        && memory.getLong(at + 8) == end
        && memory.getLong(at + 16) == token(isJittered, isGraph, index)
        && memory.getLong(at + 24) == (index & 0xFFFFFFFFL);
  }
}
