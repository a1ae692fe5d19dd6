package dev.sluice.testkit;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.Platform;
import dev.sluice.abi.SyntheticContent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Writes synthetic records from the formulas in the producer's sluice_content.h, independently of
 * {@link dev.sluice.abi.SyntheticContent}, which only compares.
 */
public final class SyntheticRecords {
  private static final long K = 0x9E3779B97F4A7C15L;
  // Numbers from abi.md, Phase kinds, in the order of sluice_content.h.
  private static final int[] OTHERS_G1 = {2, 3, 4, 5, 6, 7};
  private static final int[] OTHERS_G2 = {2, 4, 5, 6, 7};
  private static final int[] OTHERS_TMR = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  private static final int[] OTHERS_HBG = {2, 3, 5, 6, 7, 8, 9, 10};
  private static final int[] OTHERS_G3 = {2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};

  private final Generation generation;
  private final boolean isGraph;
  private final int cores;
  private final int counters;
  private final int schedThreads;
  private final long seed;
  private final long origin;
  private final long period;
  private final JitteredSlots slots;

  /** Regular content. */
  public SyntheticRecords(Geometry geometry, long seed, long originTicks, long periodTicks) {
    this(geometry, new SyntheticContent.Recipe(seed, originTicks, periodTicks, false));
  }

  public SyntheticRecords(Geometry geometry, SyntheticContent.Recipe recipe) {
    this.generation = geometry.layout().generation();
    this.isGraph = geometry.layout().facts().phaseNumbering() == PhaseNumbering.HOST_BUILD_GRAPH;
    this.cores = geometry.numCores();
    this.counters = geometry.layout().platform() == Platform.A5 ? 10 : 8;
    this.schedThreads = geometry.schedThreads();
    this.seed = recipe.seed();
    this.origin = recipe.originTicks();
    this.period = recipe.periodTicks();
    this.slots =
        recipe.isJittered() ? new JitteredSlots(seed, origin, period, cores, schedThreads) : null;
  }

  /** Writes the pool's record with this index at {@code at}. */
  public void write(BufferKind kind, int instance, long index, ByteBuffer memory, int at) {
    if (kind == BufferKind.AICPU_TASK) {
      aicpuTask(instance, index, memory, at);
    } else if (kind == BufferKind.AICORE_TASK) {
      aicoreTask(instance, index, memory, at);
    } else if (kind == BufferKind.SCHED_PHASE) {
      schedPhase(instance, index, memory, at);
    } else if (kind == BufferKind.PMU) {
      pmu(instance, index, memory, at);
    } else if (kind == BufferKind.SCOPE_STATS) {
      scopeStats(index, memory, at);
    } else {
      orchPhase(index, memory, at);
    }
  }

  private void pmu(int core, long index, ByteBuffer memory, int at) {
    long x = bits(4, core, index);
    memory.putInt(at, (int) index);
    memory.putInt(at + 4, core);
    memory.putInt(at + 8, (int) (x >>> 60));
    memory.putInt(at + 12, core < Math.max(1, cores / 3) ? 0 : 1);
    memory.putLong(at + 16, 1000 + (x >>> 40 & 0xFFFF));
    memory.putLong(at + 56, 0);
    for (int i = 0; i < counters; i++) {
      memory.putInt(at + 24 + 4 * i, (int) (x >>> (3 * i) & 0xFFFF));
    }
  }

  private void scopeStats(long index, ByteBuffer memory, int at) {
    long x = bits(5, 0, index);
    long scope = index / 2;
    byte[] site = new byte[32];
    byte[] name = ("scope_" + scope % 10 + ".cpp").getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, site, 0, name.length);
    memory.put(at, site);
    memory.putLong(at + 32, index * 4096);
    memory.putLong(at + 40, index * 4096 + (x >>> 52) * 64);
    memory.putInt(at + 48, (int) (100 + scope % 1000));
    memory.putInt(at + 52, (int) index);
    memory.putInt(at + 56, (int) (index + (x >>> 60)));
    memory.putInt(at + 60, (int) (2 * index));
    memory.putInt(at + 64, (int) (2 * index + (x >>> 61)));
    memory.putInt(at + 68, (int) (x >>> 40 & 0xFFF));
    memory.putShort(at + 72, (short) (scope % 64));
    memory.putShort(at + 74, (short) (scope % 4));
    memory.putInt(at + 76, (int) (index & 1));
  }

  private long bits(int recordClass, int instance, long index) {
    long z = seed + K * (1024L * recordClass + instance + 1);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) + index) * K;
  }

  private long token(long task) {
    return graph(slots == null ? regularToken(task) : JitteredSlots.token(task));
  }

  /** In host_build_graph the ring of a sub-task is its parent. */
  private long graph(long token) {
    return isGraph && token >>> 32 != 0 ? token | 1L << 62 : token;
  }

  private static long mask(long ticks) {
    long m = 0;
    while (m * 2 + 2 <= ticks / 16) {
      m = m * 2 + 1;
    }
    return m;
  }

  private static long regularToken(long task) {
    return ((task & 3) << 32) + ((task >>> 2) & 0xFFFFFFFFL);
  }

  private long taskBase(int core, long index) {
    return origin + index * period + core * (period / cores);
  }

  private void aicpuTask(int core, long index, ByteBuffer memory, int at) {
    if (slots != null) {
      JitteredSlots.Task task = slots.task(core, index);
      memory.putLong(at, task.dispatch());
      memory.putLong(at + 8, task.finish());
      memory.putLong(at + 16, index & 0xFFFFFFFFL);
      memory.putLong(at + 24, 0);
      return;
    }
    long x = bits(0, core, index);
    long base = taskBase(core, index);
    memory.putLong(at, base + ((x >>> 24) & mask(period)));
    memory.putLong(at + 8, base + 12 * (period / 16) + ((x >>> 48) & mask(period)));
    memory.putInt(at + 16, (int) index);
    memory.putInt(at + 20, 0);
    memory.putLong(at + 24, 0);
  }

  private void aicoreTask(int core, long index, ByteBuffer memory, int at) {
    if (slots != null) {
      JitteredSlots.Task task = slots.task(core, index);
      memory.putLong(at, task.start());
      memory.putLong(at + 8, task.end());
      memory.putLong(at + 16, token(task.number()));
      memory.putInt(at + 24, (int) index);
      memory.putInt(at + 28, (int) task.receiveToStart());
      return;
    }
    long x = bits(0, core, index);
    long base = taskBase(core, index);
    memory.putLong(at, base + 2 * (period / 16) + ((x >>> 32) & mask(period)));
    memory.putLong(at + 8, base + 8 * (period / 16) + ((x >>> 40) & mask(period)));
    memory.putLong(at + 16, token(index * cores + core));
    memory.putInt(at + 24, (int) index);
    memory.putInt(at + 28, (int) ((x >>> 56) & mask(period)));
  }

  private void orchPhase(long index, ByteBuffer memory, int at) {
    long step = period / cores;
    long x = bits(2, 0, index);
    long base = origin - 2 * period + index * step;
    JitteredSlots.Phase phase = slots == null ? null : slots.orchPhase(index);
    memory.putLong(at, phase != null ? phase.start() : base + ((x >>> 24) & mask(step)));
    memory.putLong(
        at + 8, phase != null ? phase.end() : base + 8 * (step / 16) + ((x >>> 32) & mask(step)));
    memory.putLong(at + 16, token(index));
    memory.putInt(at + 24, (int) index);
    memory.putInt(at + 28, 0);
  }

  private void schedPhase(int thread, long index, ByteBuffer memory, int at) {
    long span = 16 * period * schedThreads / cores;
    long x = slots == null ? bits(1, thread, index) : slots.bits(1, thread, index);
    long iteration = index / 2;
    long base = origin + iteration * span + (index & 1) * 8 * (span / 16);
    int kind = 1;
    if (index % 2 != 0) {
      int v = (int) (x >>> 58);
      int[] others =
          switch (generation) {
            case L2_2026_06 -> OTHERS_G1;
            case L2_2026_07 -> OTHERS_G2;
            case CHIP_2026_08 -> OTHERS_G3;
            case CHIP_2026_09 -> isGraph ? OTHERS_HBG : OTHERS_TMR;
          };
      kind = v >= 16 ? 0 : others[v % others.length];
    }
    long task = token(16 * iteration);
    boolean isThird = generation.isChip();
    boolean namesTask =
        switch (generation) {
          case L2_2026_06, L2_2026_07 -> false;
          case CHIP_2026_08 -> kind == 7 || kind == 12 || kind == 13;
          case CHIP_2026_09 -> isGraph ? kind == 9 : kind == 10 || kind == 11;
        };
    int processed = 1 + (int) ((x >>> 52) & 15);
    int hit = 0;
    int miss = 0;
    if (kind == 1) {
      hit = processed;
      miss = (int) ((x >>> 49) & 7);
    } else if (!isThird && kind == 7) {
      processed = (int) task;
    } else if (namesTask) {
      hit = (int) task;
      miss = (int) (task >>> 32);
    }
    JitteredSlots.Phase phase = slots == null ? null : slots.schedPhase(thread, index);
    memory.putLong(at, phase != null ? phase.start() : base + ((x >>> 24) & mask(span)));
    memory.putLong(
        at + 8, phase != null ? phase.end() : base + 4 * (span / 16) + ((x >>> 32) & mask(span)));
    if (generation == Generation.CHIP_2026_09) {
      memory.putInt(at + 16, hit);
      memory.putInt(at + 20, miss);
      memory.putInt(at + 24, (int) iteration);
      memory.putInt(at + 28, processed);
      for (int i = 0; i < 3; i++) {
        memory.putShort(at + 32 + 2 * i, (short) ((x >>> (4 + 4 * i)) & 15));
        memory.putShort(at + 38 + 2 * i, (short) ((x >>> (36 + 4 * i)) & 15));
      }
      memory.putInt(at + 44, kind);
      memory.putLong(at + 48, 0);
      memory.putLong(at + 56, 0);
      return;
    }
    memory.putInt(at + 16, (int) iteration);
    memory.putInt(at + 20, kind);
    memory.putInt(at + 24, processed);
    memory.putInt(at + 28, hit);
    memory.putInt(at + 32, miss);
    for (int i = 0; i < 3; i++) {
      memory.putShort(at + 36 + 2 * i, (short) ((x >>> (4 + 4 * i)) & 15));
      memory.putShort(at + 42 + 2 * i, (short) ((x >>> (36 + 4 * i)) & 15));
    }
    memory.putLong(at + 48, 0);
    memory.putLong(at + 56, 0);
  }
}
