package dev.sluice.abi;

import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/**
 * The scheduler phases of {@link SyntheticContent}. Stateless except for constants; thread-safe.
 */
final class SyntheticSchedPhases {
  private static final int RECORD_CLASS = 1;
  private static final int TASKS_PER_ITERATION = 16;
  // The same in all numberings.
  private static final int COMPLETE = 0;
  private static final int DISPATCH = 1;

  private final SchedPhaseRecord record;
  private final boolean[] namesTask;
  private final int oldDummyTask;
  private final boolean isJittered;
  private final boolean isGraph;
  private final long origin;
  private final SyntheticContent.Span span;
  private final SlotTimes slots;
  private final long[] streams;
  private final int[] otherKinds;

  SyntheticSchedPhases(Geometry geometry, SyntheticContent.Recipe recipe) {
    record = geometry.layout().facts().schedPhaseRecord();
    PhaseNumbering numbering = geometry.layout().facts().phaseNumbering();
    isJittered = recipe.isJittered();
    isGraph = SyntheticContent.isGraph(geometry);
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
        IntStream.range(DISPATCH + 1, numbering.size()).filter(numbering::isWritten).toArray();
    namesTask = new boolean[numbering.size()];
    int dummyTask = -1;
    for (int kind = 0; kind < numbering.size(); kind++) {
      namesTask[kind] = numbering.namesTask(numbering.kind(kind));
      boolean isOld = numbering.kind(kind) == SchedPhaseKind.DUMMY_TASK && !namesTask[kind];
      dummyTask = isOld ? kind : dummyTask;
    }
    oldDummyTask = dummyTask;
  }

  /** Returns the low 33 bits of the index of the record at {@code at}. */
  long indexIn(ByteBuffer memory, int at) {
    long iteration = Integer.toUnsignedLong(memory.getInt(at + record.loopIterOffset()));
    return 2 * iteration + (record.kind(memory, at) == DISPATCH ? 0 : 1);
  }

  /** Whether the record at {@code at} equals the one with this index in every bit. */
  boolean matches(ByteBuffer memory, int at, int thread, long index) {
    long x = SyntheticContent.bits(isJittered, streams[thread], index);
    long iteration = index >>> 1;
    int kind = DISPATCH;
    if ((index & 1) != 0) {
      int v = (int) (x >>> 58);
      kind = v >= 16 ? COMPLETE : otherKinds[v % otherKinds.length];
    }
    long named = SyntheticContent.token(isJittered, isGraph, TASKS_PER_ITERATION * iteration);
    int processed = kind == oldDummyTask ? (int) named : 1 + (int) (x >>> 52 & 15);
    int hit = 0;
    int miss = 0;
    if (kind == DISPATCH) {
      hit = processed;
      miss = (int) (x >>> 49 & 7);
    } else if (namesTask[kind]) {
      hit = (int) named;
      miss = (int) (named >>> 32);
    }
    boolean matches =
        matchesTimes(memory, at, streams[thread], x, index)
            && memory.getInt(at + record.loopIterOffset()) == (int) iteration
            // Wider than the field in one of the orders: the padding after it is 0.
            && memory.getInt(at + record.kindOffset()) == kind
            && memory.getInt(at + record.tasksProcessedOffset()) == processed
            && memory.getInt(at + record.popHitOffset()) == hit
            && memory.getInt(at + record.popMissOffset()) == miss
            && memory.getLong(at + 48) == 0
            && memory.getLong(at + 56) == 0;
    for (int i = 0; matches && i < 3; i++) {
      matches =
          memory.getShort(at + record.sharedDepthAtStartOffset() + 2 * i)
                  == (x >>> (4 + 4 * i) & 15)
              && memory.getShort(at + record.sharedDepthAtEndOffset() + 2 * i)
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
