package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The time axis of a trace: device ticks to nanoseconds since the first event. Immutable.
 *
 * <p>A moment before the first event, and the device's "never", 0, are both at 0; one that no clock
 * reaches is at {@link #MAX_NS}, from where sums still do not overflow.
 */
final class TraceClock {
  private static final long NS_PER_SECOND = 1_000_000_000L;

  /** The end of the axis, 73 years after its beginning: what a record says beyond it is no time. */
  static final long MAX_NS = Long.MAX_VALUE / 4;

  private final long baseTicks;
  private final long hz;
  // Ticks are whole nanoseconds on every known platform (50 MHz and 1 GHz): one multiplication.
  private final long nsPerTick;
  private final long maxTicks;

  TraceClock(long baseTicks, long hz) {
    this.baseTicks = baseTicks;
    this.hz = hz;
    this.nsPerTick = NS_PER_SECOND % hz == 0 ? NS_PER_SECOND / hz : 0;
    this.maxTicks = MAX_NS / NS_PER_SECOND * hz;
  }

  /**
   * The clock of a capture: its base is the smallest timestamp, 0 excepted, of all streams.
   *
   * <p>Looked for in the first frame of each pool only. A pool has one serial writer, so that its
   * later frames hold later times.
   */
  static TraceClock of(RecordSource source) throws IOException {
    long base = -1;
    for (BufferKind kind : BufferKind.ALL) {
      for (int instance = 0; instance < source.instances(kind); instance++) {
        if (source.frameCount(kind, instance) > 0) {
          base = minUnsigned(base, earliest(kind, source.frame(kind, instance, 0)));
        }
      }
    }
    return new TraceClock(base == -1 ? 0 : base, source.facts().clockHz());
  }

  private static long earliest(BufferKind kind, ByteBuffer records) {
    long earliest = -1;
    for (int at = 0; at < records.limit(); at += kind.recordBytes()) {
      long start = RecordTimes.start(kind, records, at);
      long end = RecordTimes.end(kind, records, at);
      earliest = start != 0 ? minUnsigned(earliest, start) : earliest;
      earliest = end != 0 ? minUnsigned(earliest, end) : earliest;
    }
    return earliest;
  }

  private static long minUnsigned(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  /** Nanoseconds since the base; 0 for what lies before it. */
  long ns(long ticks) {
    if (Long.compareUnsigned(ticks, baseTicks) <= 0) {
      return 0;
    }
    long since = ticks - baseTicks;
    if (Long.compareUnsigned(since, maxTicks) >= 0) {
      return MAX_NS;
    }
    if (nsPerTick != 0) {
      return since * nsPerTick;
    }
    // In two steps, because ticks x 1e9 passes 63 bits after some seconds.
    return since / hz * NS_PER_SECOND + since % hz * NS_PER_SECOND / hz;
  }

  /** The tick at this many nanoseconds after the base; the last one there is if it lies behind. */
  long ticks(long ns) {
    long since = ns / NS_PER_SECOND * hz + ns % NS_PER_SECOND * hz / NS_PER_SECOND;
    long ticks = baseTicks + since;
    return Long.compareUnsigned(ticks, baseTicks) < 0 ? -1 : ticks;
  }
}
