package dev.sluice.abi;

import java.nio.ByteBuffer;

/**
 * The content of the synthetic producer's records, rebuilt from seed, origin and period: the same
 * formulas as {@code sluice_content.h}, which explains them. Compares records in place, without
 * allocating. Stateless but for its constants; any thread.
 */
public final class SyntheticContent {
  private static final long K = 0x9E3779B97F4A7C15L;
  private static final int CLASS_TASK = 0;
  private static final int CLASS_SCHED = 1;
  private static final int CLASS_ORCH = 2;
  private static final int TASKS_PER_ITERATION = 16;
  private static final int DISPATCH = SchedPhaseKind.DISPATCH.ordinal();
  private static final int COMPLETE = SchedPhaseKind.COMPLETE.ordinal();

  private final Generation generation;
  private final int cores;
  private final long origin;
  private final Span task;
  private final Span step;
  private final Span sched;
  private final long[] taskStreams;
  private final long[] schedStreams;
  private final long orchStream;
  private final int[] otherSchedKinds;

  /** A spacing of records in time with its fractions: a sixteenth, and a jitter mask below it. */
  private record Span(long ticks, long q, long m) {
    static Span of(long ticks) {
      long q = Long.divideUnsigned(ticks, 16);
      return new Span(ticks, q, q == 0 ? 0 : Long.highestOneBit(q) - 1);
    }
  }

  public SyntheticContent(Geometry geometry, long seed, long originTicks, long periodTicks) {
    generation = geometry.layout().generation();
    cores = geometry.numCores();
    origin = originTicks;
    task = Span.of(periodTicks);
    step = Span.of(Long.divideUnsigned(periodTicks, cores));
    sched =
        Span.of(
            Long.divideUnsigned(
                TASKS_PER_ITERATION * periodTicks * geometry.schedThreads(), cores));
    taskStreams = new long[cores];
    for (int core = 0; core < cores; core++) {
      taskStreams[core] = stream(seed, CLASS_TASK, core);
    }
    schedStreams = new long[geometry.schedThreads()];
    for (int thread = 0; thread < schedStreams.length; thread++) {
      schedStreams[thread] = stream(seed, CLASS_SCHED, thread);
    }
    orchStream = stream(seed, CLASS_ORCH, 0);
    otherSchedKinds =
        SchedPhaseKind.ALL.stream()
            .filter(kind -> kind.existsIn(generation))
            .mapToInt(SchedPhaseKind::ordinal)
            .filter(kind -> kind != DISPATCH && kind != COMPLETE)
            .toArray();
  }

  private static long stream(long seed, int recordClass, int instance) {
    long z = seed + K * (1024L * recordClass + instance + 1);
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  private static long token(long number) {
    return ((number & 3) << 32) + (number >>> 2 & 0xFFFFFFFFL);
  }

  /** The low 32 bits of the per-pool index that a record carries (33 for scheduler phases). */
  public static long indexIn(BufferKind kind, ByteBuffer memory, int at) {
    return switch (kind) {
      case AICPU_TASK ->
          Integer.toUnsignedLong(memory.getInt(at + AicpuTaskRecord.REG_TASK_ID_OFFSET));
      case AICORE_TASK ->
          Integer.toUnsignedLong(memory.getInt(at + AicoreTaskRecord.REG_TASK_ID_OFFSET));
      case ORCH_PHASE ->
          Integer.toUnsignedLong(memory.getInt(at + OrchPhaseRecord.SUBMIT_IDX_OFFSET));
      case SCHED_PHASE ->
          2 * Integer.toUnsignedLong(memory.getInt(at + SchedPhaseRecord.LOOP_ITER_OFFSET))
              + (memory.getInt(at + SchedPhaseRecord.KIND_OFFSET) == DISPATCH ? 0 : 1);
    };
  }

  /** Bits of the index that {@link #indexIn} can show. */
  public static int indexBits(BufferKind kind) {
    return kind == BufferKind.SCHED_PHASE ? 33 : 32;
  }

  /**
   * Whether the record at {@code at} is, to the last bit, the one with this index.
   *
   * @param instance core or thread
   * @param index in full, 64 bits
   */
  public boolean matches(BufferKind kind, ByteBuffer memory, int at, int instance, long index) {
    return switch (kind) {
      case AICPU_TASK -> matchesAicpuTask(memory, at, instance, index);
      case AICORE_TASK -> matchesAicoreTask(memory, at, instance, index);
      case ORCH_PHASE -> matchesOrchPhase(memory, at, index);
      case SCHED_PHASE -> matchesSchedPhase(memory, at, instance, index);
    };
  }

  /**
   * How many records from {@code at} on are, to the last bit, those with this index and the next
   * ones: up to the first that is not. As {@link #matches}, in a fraction of the time.
   *
   * @param count of records that lie there
   */
  public int matching(
      BufferKind kind, ByteBuffer memory, int at, int count, int instance, long index) {
    int size = kind.recordBytes();
    int found = 0;
    // A loop for each kind, so that what is the same for all of its records is found out once.
    switch (kind) {
      case AICPU_TASK -> {
        while (found < count
            && matchesAicpuTask(memory, at + found * size, instance, index + found)) {
          found++;
        }
      }
      case AICORE_TASK -> {
        while (found < count
            && matchesAicoreTask(memory, at + found * size, instance, index + found)) {
          found++;
        }
      }
      case ORCH_PHASE -> {
        while (found < count && matchesOrchPhase(memory, at + found * size, index + found)) {
          found++;
        }
      }
      case SCHED_PHASE -> {
        while (found < count
            && matchesSchedPhase(memory, at + found * size, instance, index + found)) {
          found++;
        }
      }
    }
    return found;
  }

  private long taskBase(int core, long index) {
    return origin + index * task.ticks + core * step.ticks;
  }

  private boolean matchesAicpuTask(ByteBuffer memory, int at, int core, long index) {
    long x = (taskStreams[core] + index) * K;
    long base = taskBase(core, index);
    return memory.getLong(at) == base + (x >>> 24 & task.m)
        && memory.getLong(at + 8) == base + 12 * task.q + (x >>> 48 & task.m)
        && memory.getLong(at + 16) == (index & 0xFFFFFFFFL)
        && memory.getLong(at + 24) == 0;
  }

  private boolean matchesAicoreTask(ByteBuffer memory, int at, int core, long index) {
    long x = (taskStreams[core] + index) * K;
    long base = taskBase(core, index);
    return memory.getLong(at) == base + 2 * task.q + (x >>> 32 & task.m)
        && memory.getLong(at + 8) == base + 8 * task.q + (x >>> 40 & task.m)
        && memory.getLong(at + 16) == token(index * cores + core)
        && memory.getLong(at + 24)
            == ((index & 0xFFFFFFFFL) | (x >>> 56 & task.m & 0xFFFFFFFFL) << 32);
  }

  private boolean matchesOrchPhase(ByteBuffer memory, int at, long index) {
    long x = (orchStream + index) * K;
    long base = origin - 2 * task.ticks + index * step.ticks;
    return memory.getLong(at) == base + (x >>> 24 & step.m)
        && memory.getLong(at + 8) == base + 8 * step.q + (x >>> 32 & step.m)
        && memory.getLong(at + 16) == token(index)
        && memory.getLong(at + 24) == (index & 0xFFFFFFFFL);
  }

  private boolean matchesSchedPhase(ByteBuffer memory, int at, int thread, long index) {
    long x = (schedStreams[thread] + index) * K;
    long iteration = index >>> 1;
    long start = origin + iteration * sched.ticks + (index & 1) * 8 * sched.q;
    int kind = DISPATCH;
    if ((index & 1) != 0) {
      int v = (int) (x >>> 58);
      kind = v >= 16 ? COMPLETE : otherSchedKinds[v % otherSchedKinds.length];
    }
    SchedPhaseKind phase = SchedPhaseKind.ALL.get(kind);
    long named = token(TASKS_PER_ITERATION * iteration);
    boolean isOldDummyTask =
        phase == SchedPhaseKind.DUMMY_TASK && generation != Generation.CHIP_2026_08;
    int processed = isOldDummyTask ? (int) named : 1 + (int) (x >>> 52 & 15);
    int word28 = 0;
    int word32 = 0;
    if (kind == DISPATCH) {
      word28 = processed;
      word32 = (int) (x >>> 49 & 7);
    } else if (phase.namesTaskInUnion(generation)) {
      word28 = (int) named;
      word32 = (int) (named >>> 32);
    }
    boolean matches =
        memory.getLong(at) == start + (x >>> 24 & sched.m)
            && memory.getLong(at + 8) == start + 4 * sched.q + (x >>> 32 & sched.m)
            && memory.getInt(at + SchedPhaseRecord.LOOP_ITER_OFFSET) == (int) iteration
            && memory.getInt(at + SchedPhaseRecord.KIND_OFFSET) == kind
            && memory.getInt(at + SchedPhaseRecord.TASKS_PROCESSED_OFFSET) == processed
            && memory.getInt(at + SchedPhaseRecord.POP_HIT_OFFSET) == word28
            && memory.getInt(at + SchedPhaseRecord.POP_MISS_OFFSET) == word32
            && memory.getLong(at + 48) == 0
            && memory.getLong(at + 56) == 0;
    for (int i = 0; matches && i < 3; i++) {
      matches =
          memory.getShort(at + SchedPhaseRecord.SHARED_DEPTH_AT_START_OFFSET + 2 * i)
                  == (x >>> (4 + 4 * i) & 15)
              && memory.getShort(at + SchedPhaseRecord.SHARED_DEPTH_AT_END_OFFSET + 2 * i)
                  == (x >>> (36 + 4 * i) & 15);
    }
    return matches;
  }
}
