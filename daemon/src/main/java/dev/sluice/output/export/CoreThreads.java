package dev.sluice.output.export;

import dev.sluice.abi.AicpuTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which scheduler thread serves a core: what the device said, or else a vote: the thread in whose
 * phases most of the core's first dispatches lie.
 */
final class CoreThreads {
  static final int UNKNOWN = -1;

  // Enough to decide; a core dispatches this many tasks within milliseconds.
  private static final int VOTES = 256;

  private CoreThreads() {}

  static int[] of(RecordSource source) throws IOException {
    TraceFacts facts = source.facts();
    int[] threads = new int[facts.geometry().numCores()];
    Arrays.fill(threads, UNKNOWN);
    if (source.records(BufferKind.SCHED_PHASE) == 0) {
      return threads;
    }
    for (int core = 0; core < facts.coreToThread().size(); core++) {
      threads[core] = facts.coreToThread().get(core);
    }
    List<long[]> phases = null;
    for (int core = 0; core < threads.length; core++) {
      boolean isKnown = threads[core] >= 0 && threads[core] < facts.maxThreads();
      if (!isKnown) {
        phases = phases == null ? phases(source) : phases;
        threads[core] = vote(source, core, phases);
      }
    }
    return threads;
  }

  /** By thread: start and end of each phase of the first frame, by start. */
  private static List<long[]> phases(RecordSource source) throws IOException {
    List<long[]> all = new ArrayList<>();
    for (int thread = 0; thread < source.instances(BufferKind.SCHED_PHASE); thread++) {
      if (source.frameCount(BufferKind.SCHED_PHASE, thread) == 0) {
        all.add(new long[0]);
        continue;
      }
      ByteBuffer records = source.frame(BufferKind.SCHED_PHASE, thread, 0);
      int count = records.limit() / SchedPhaseRecord.SIZE_BYTES;
      long[] times = new long[2 * count];
      for (int i = 0; i < count; i++) {
        int at = i * SchedPhaseRecord.SIZE_BYTES;
        times[2 * i] = records.getLong(at + SchedPhaseRecord.START_TIME_OFFSET);
        times[2 * i + 1] = records.getLong(at + SchedPhaseRecord.END_TIME_OFFSET);
      }
      all.add(times);
    }
    return all;
  }

  private static int vote(RecordSource source, int core, List<long[]> phases) throws IOException {
    int winner = UNKNOWN;
    int mostVotes = 0;
    if (core >= source.instances(BufferKind.AICPU_TASK)
        || source.frameCount(BufferKind.AICPU_TASK, core) == 0) {
      return winner;
    }
    ByteBuffer records = source.frame(BufferKind.AICPU_TASK, core, 0);
    int count = Math.min(VOTES, records.limit() / AicpuTaskRecord.SIZE_BYTES);
    for (int thread = 0; thread < phases.size(); thread++) {
      int votes = 0;
      for (int i = 0; i < count; i++) {
        int at = i * AicpuTaskRecord.SIZE_BYTES + AicpuTaskRecord.DISPATCH_TIME_OFFSET;
        votes += isInside(phases.get(thread), records.getLong(at)) ? 1 : 0;
      }
      if (votes > mostVotes) {
        mostVotes = votes;
        winner = thread;
      }
    }
    return winner;
  }

  /** Phases end in order, so the first that ends at or after the moment is the one to ask. */
  private static boolean isInside(long[] times, long moment) {
    int low = 0;
    int high = times.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(times[2 * middle + 1], moment) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < times.length / 2 && Long.compareUnsigned(times[2 * low], moment) <= 0;
  }
}
