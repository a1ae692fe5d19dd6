package dev.sluice.testkit;

import java.util.Arrays;

/**
 * Jittered content as specified in the producer's sluice_content.h, computed step by step and
 * independently of the code under test: shuffles and sums patterns afresh for each record.
 */
final class JitteredSlots {
  private static final long K = 0x9E3779B97F4A7C15L;
  private static final int ALIKE = 0;
  private static final int LONG_TAIL = 1;

  private final long seed;
  private final long origin;
  private final long period;
  private final int cores;
  private final int schedThreads;

  JitteredSlots(long seed, long origin, long period, int cores, int schedThreads) {
    this.seed = seed;
    this.origin = origin;
    this.period = period;
    this.cores = cores;
    this.schedThreads = schedThreads;
  }

  record Task(long dispatch, long start, long end, long finish, long receiveToStart, long number) {}

  record Phase(long start, long end) {}

  /** Start, length, and the power of two that bounds the jitter. */
  private record Slot(long start, long length, long power) {
    long jitter(long x, int shift, int fraction) {
      return (x >>> shift) & ((2 * power - 1) >> (fraction + 1));
    }

    Slot half(long which) {
      return new Slot(start + which * (length / 2), length / 2, power / 2);
    }
  }

  private static long mix(long number) {
    long z = (number ^ (number >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private long stream(int recordClass, int instance) {
    return mix(seed + K * (1024L * recordClass + instance + 1));
  }

  long bits(int recordClass, int instance, long index) {
    long z = (stream(recordClass, instance) + index) * K;
    return (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
  }

  private static int[] repeated(int... timesAndLengths) {
    int[] all = new int[32];
    int at = 0;
    for (int i = 0; i < timesAndLengths.length; i += 2) {
      Arrays.fill(all, at, at + timesAndLengths[i], timesAndLengths[i + 1]);
      at += timesAndLengths[i];
    }
    return all;
  }

  private static int[] pattern(int type, int number) {
    int[] lengths =
        type == ALIKE
            ? repeated(8, 16, 12, 28, 8, 40, 4, 60)
            : repeated(12, 10, 10, 20, 6, 40, 3, 72, 1, 248);
    for (int j = 31; j > 0; j--) {
      int k = (int) Long.remainderUnsigned(mix(K * (512 * type + 32 * number + j)), j + 1);
      int swapped = lengths[j];
      lengths[j] = lengths[k];
      lengths[k] = swapped;
    }
    return lengths;
  }

  private static Slot slot(int type, long stream, long origin, long groupIn256ths, long index) {
    long group = index / 32;
    int place = (int) (index % 32);
    int[] lengths = pattern(type, (int) (((~stream + group) * K) >>> 60));
    long ticks = groupIn256ths / 256;
    int begin = Arrays.stream(lengths, 0, place).sum();
    return new Slot(
        origin + group * groupIn256ths / 256 + begin * ticks / 1024,
        lengths[place] * ticks / 1024,
        Integer.highestOneBit(lengths[place]) * Long.highestOneBit(ticks) / 1024);
  }

  static long token(long task) {
    long ring = (task / 16384) % 4;
    long ofRing = task / 65536 * 16384 + task % 16384;
    return (ring << 32) + (ofRing & 0xFFFFFFFFL);
  }

  Task task(int core, long index) {
    long stream = stream(0, core);
    long group = 32 * period;
    int type = core < Math.max(1, cores / 3) ? ALIKE : LONG_TAIL;
    Slot slot = slot(type, stream, origin + (stream >>> 54) * group / 1024, 256 * group, index);
    long x = bits(0, core, index);
    long turn = ((bits(3, 0, index % 256) >>> 32) * cores) >>> 32;
    long end = slot.start + slot.length;
    return new Task(
        slot.start + slot.jitter(x, 52, 4),
        slot.start + slot.length / 8 + slot.jitter(x, 12, 4),
        end - slot.length / 4 + slot.jitter(x, 22, 3),
        end - 1 - slot.jitter(x, 42, 4),
        1 + slot.jitter(x, 2, 5),
        index * cores + (core + turn) % cores);
  }

  Phase orchPhase(long index) {
    Slot slot = slot(ALIKE, stream(2, 0), origin - 64 * period, 256 * 32 * period / cores, index);
    long x = bits(2, 0, index);
    return new Phase(
        slot.start + slot.jitter(x, 52, 2), slot.start + slot.length / 2 + slot.jitter(x, 32, 1));
  }

  Phase schedPhase(int thread, long index) {
    long group = 256 * 32 * period * 16 * schedThreads / cores;
    Slot slot = slot(LONG_TAIL, stream(1, thread), origin, group, index / 2).half(index % 2);
    long x = bits(1, thread, index);
    return new Phase(
        slot.start + slot.jitter(x, 52, 2), slot.start + slot.length / 2 + slot.jitter(x, 32, 1));
  }
}
