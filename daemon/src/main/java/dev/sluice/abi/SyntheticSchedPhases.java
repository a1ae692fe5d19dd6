package dev.sluice.abi;

import java.nio.ByteBuffer;

/**
 * The scheduler phases of {@link SyntheticContent}. Stateless but for its constants; any thread.
 */
final class SyntheticSchedPhases {
  private static final int RECORD_CLASS = 1;
  private static final int TASKS_PER_ITERATION = 16;
  private static final int DISPATCH = SchedPhaseKind.DISPATCH.ordinal();
  private static final int COMPLETE = SchedPhaseKind.COMPLETE.ordinal();

  private final Generation generation;
  private final boolean isJittered;
  private final long origin;
  private final SyntheticContent.Span span;
  private final SlotTimes slots;
  private final long[] streams;
  private final int[] otherKinds;

  SyntheticSchedPhases(Geometry geometry, SyntheticContent.Recipe recipe) {
    generation = geometry.layout().generation();
    isJittered = recipe.isJittered();
    origin = recipe.originTicks();
    long scale = (long) TASKS_PER_ITERATION * geometry.schedThreads();
    int cores = geometry.numCores();
    span = SyntheticContent.Span.of(Long.divideUnsigned(recipe.periodTicks() * scale, cores));
    slots =
        new SlotTimes(
            SlotTimes.LONG_TAIL,
            Long.divideUnsigned(SlotTimes.group256(recipe.periodTicks()) * scale, cores));
    streams = new long[geometry.schedThreads()];
    for (int thread = 0; thread < streams.length; thread++) {
      streams[thread] = SyntheticContent.stream(recipe.seed(), RECORD_CLASS, thread);
    }
    otherKinds =
        SchedPhaseKind.ALL.stream()
            .filter(kind -> kind.existsIn(generation))
            .mapToInt(SchedPhaseKind::ordinal)
            .filter(kind -> kind != DISPATCH && kind != COMPLETE)
            .toArray();
  }

  /** Whether the record at {@code at} is, to the last bit, the one with this index. */
  boolean matches(ByteBuffer memory, int at, int thread, long index) {
    long x = SyntheticContent.bits(isJittered, streams[thread], index);
    long iteration = index >>> 1;
    int kind = DISPATCH;
    if ((index & 1) != 0) {
      int v = (int) (x >>> 58);
      kind = v >= 16 ? COMPLETE : otherKinds[v % otherKinds.length];
    }
    SchedPhaseKind phase = SchedPhaseKind.ALL.get(kind);
    long named = SyntheticContent.token(isJittered, TASKS_PER_ITERATION * iteration);
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
        matchesTimes(memory, at, streams[thread], x, index)
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

  private boolean matchesTimes(ByteBuffer memory, int at, long stream, long x, long index) {
    long start;
    long end;
    if (isJittered) {
      int slot = slots.slot(stream, index >>> 1);
      long half = slots.length(slot) >>> 1;
      long base = slots.start(slot, origin, index >>> 1) + (index & 1) * half;
      long ones = slots.ones(slot);
      start = base + (x >>> 52 & ones >>> 4);
      end = base + (half >>> 1) + (x >>> 32 & ones >>> 3);
    } else {
      long base = origin + (index >>> 1) * span.ticks() + (index & 1) * 8 * span.q();
      start = base + (x >>> 24 & span.m());
      end = base + 4 * span.q() + (x >>> 32 & span.m());
    }
    return memory.getLong(at) == start && memory.getLong(at + 8) == end;
  }
}
