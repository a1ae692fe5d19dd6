package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureFrames;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Time in one capture: device ticks, nanoseconds on the axis of the export, and the host's
 * monotonic clock. Ticks count from a base, the earliest possible time in the capture.
 *
 * <p>The device's clock is placed on the host's by containment: what a frame holds happened before
 * the host collected it, and between the START and RUN_END of its run. That leaves an interval; its
 * middle is used, half of its width is the error. Medians of frames are used, so that a record with
 * an impossible time moves nothing. The same bounds say which times are possible at all.
 */
final class TraceClock {
  private static final long NS_PER_SECOND = 1_000_000_000L;
  private static final int MAX_SAMPLES_PER_POOL = 64;

  private final long hz;
  private final long nsPerTick;
  private final long baseTicks;
  // Host time of the base; of a capture without frames, of its beginning.
  private final long baseHostNs;
  private final long errorNs;
  private final boolean isPlaced;
  private final long lowest;
  private final long highest;
  private long shiftNs;
  private long zeroNs;

  /** A frame: what it holds, and between which times of the host that happened. */
  private record Sample(long medianTicks, long runNs, long hostNs) {}

  private TraceClock(
      long hz, long baseTicks, long baseHostNs, long errorNs, boolean isPlaced, long[] bounds) {
    this.hz = hz;
    this.nsPerTick = NS_PER_SECOND % hz == 0 ? NS_PER_SECOND / hz : 0;
    this.baseTicks = baseTicks;
    this.baseHostNs = baseHostNs;
    this.errorNs = errorNs;
    this.isPlaced = isPlaced;
    this.lowest = bounds[0];
    this.highest = bounds[1];
  }

  static TraceClock of(CaptureSource source) throws IOException {
    long originNs = source.manifest().clock().hostOriginNs();
    long hz = source.clockHz();
    Map<Integer, Long> runs = new HashMap<>();
    for (CaptureFrames.Note note : source.notes()) {
      if (note.type() == FrameType.RUN) {
        runs.put((int) note.value(), note.hostTimeNs());
      }
    }
    List<Sample> samples = new ArrayList<>();
    for (BufferKind kind : BufferKind.TIMED) {
      for (int instance = 0; instance < source.instances(kind); instance++) {
        sample(source, kind, instance, runs, samples);
      }
    }
    if (samples.isEmpty()) {
      return new TraceClock(hz, 0, originNs, 0, false, new long[] {0, Long.MAX_VALUE / 8});
    }
    long[] medians = samples.stream().mapToLong(Sample::medianTicks).sorted().toArray();
    return of(source, samples, medians[medians.length / 2], hz, originNs);
  }

  private static TraceClock of(
      CaptureSource source, List<Sample> samples, long middle, long hz, long originNs)
      throws IOException {
    // Where the middle lies on the host's clock: between these two.
    long atLeastNs = Long.MIN_VALUE;
    long atMostNs = Long.MAX_VALUE;
    long lastNs = originNs;
    long least = 0;
    long most = 0;
    long lastHostNs = samples.stream().mapToLong(Sample::hostNs).max().orElse(originNs);
    double farTicks = (lastHostNs - originNs + 1e9) / 1e9 * hz;
    for (Sample sample : samples) {
      // The device ran within the capture's time: a frame that lies farther away is damaged.
      if (Math.abs((double) sample.medianTicks - middle) > farTicks) {
        continue;
      }
      long ticks = sample.medianTicks - middle;
      least = Math.min(least, ticks);
      most = Math.max(most, ticks);
      long ns = ns(ticks, hz);
      atMostNs = Math.min(atMostNs, sample.hostNs - ns);
      atLeastNs = Math.max(atLeastNs, sample.runNs - ns);
      lastNs = Math.max(lastNs, sample.hostNs);
    }
    boolean isPlaced = atLeastNs <= atMostNs;
    long lowest;
    long highest;
    if (isPlaced) {
      // Generous, because the two clocks may run apart, and a record a little outside does no harm.
      long slackNs = NS_PER_SECOND / 1000 + (lastNs - originNs) / 4;
      lowest = ticks(originNs - atMostNs - slackNs, hz);
      highest = ticks(lastNs - atLeastNs + slackNs, hz);
    } else {
      // The host's times do not fit: only what lies far from all frames is impossible.
      long span = Math.max(hz, most - least);
      lowest = least - span;
      highest = most + span;
    }
    long base = earliest(source, middle, lowest, highest);
    return new TraceClock(
        hz,
        middle + base,
        isPlaced ? atLeastNs + (atMostNs - atLeastNs) / 2 + ns(base, hz) : originNs,
        isPlaced ? (atMostNs - atLeastNs + 1) / 2 : 0,
        isPlaced,
        new long[] {lowest - base, highest - base});
  }

  /** Some frames of a pool, the first of each run among them. */
  private static void sample(
      CaptureSource source,
      BufferKind kind,
      int instance,
      Map<Integer, Long> runs,
      List<Sample> into)
      throws IOException {
    int frames = source.frameCount(kind, instance);
    int step = Math.max(1, frames / MAX_SAMPLES_PER_POOL);
    int run = -1;
    for (int frame = 0; frame < frames; frame++) {
      boolean isFirstOfRun = source.run(kind, instance, frame) != run;
      run = source.run(kind, instance, frame);
      if (frame % step != 0 && frame != frames - 1 && !isFirstOfRun) {
        continue;
      }
      ByteBuffer records = source.frame(kind, instance, frame);
      int count = records.limit() / kind.recordBytes();
      long[] starts = new long[count];
      for (int i = 0; i < count; i++) {
        starts[i] = RecordCursor.start(kind, records, i * kind.recordBytes());
      }
      Arrays.sort(starts);
      CaptureManifest.Clock clock = source.manifest().clock();
      long runNs = runs.getOrDefault(run, clock.hostOriginNs());
      long hostNs = source.hostTimeNs();
      CaptureManifest.RunWindow window = source.runWindow(run);
      if (window != null && window.isOfBoot(clock.bootId())) {
        runNs = Math.max(runNs, window.startNs());
        hostNs = Math.min(hostNs, window.endNs());
      }
      into.add(new Sample(starts[count / 2], runNs, hostNs));
    }
  }

  /** The earliest possible time, as ticks from the middle. */
  private static long earliest(CaptureSource source, long middle, long lowest, long highest)
      throws IOException {
    long earliest = Long.MAX_VALUE;
    for (BufferKind kind : BufferKind.TIMED) {
      for (int instance = 0; instance < source.instances(kind); instance++) {
        if (source.frameCount(kind, instance) == 0) {
          continue;
        }
        ByteBuffer records = source.frame(kind, instance, 0);
        for (int at = 0; at < records.limit(); at += kind.recordBytes()) {
          long start = RecordCursor.start(kind, records, at) - middle;
          long received = start - RecordCursor.setup(kind, records, at);
          if (start != -middle && start >= lowest && start <= highest) {
            earliest = Math.min(earliest, received >= lowest ? received : start);
          }
        }
      }
    }
    return earliest == Long.MAX_VALUE ? 0 : earliest;
  }

  private static long ns(long ticks, long hz) {
    // In two steps, because ticks x 1e9 passes 63 bits after some seconds.
    return ticks / hz * NS_PER_SECOND + ticks % hz * NS_PER_SECOND / hz;
  }

  private static long ticks(long ns, long hz) {
    return ns / NS_PER_SECOND * hz + ns % NS_PER_SECOND * hz / NS_PER_SECOND;
  }

  /**
   * Places this capture on the axis.
   *
   * @param baseNs where its base lies
   * @param axisZeroNs where the earliest capture begins, from which a selection counts
   */
  void place(long baseNs, long axisZeroNs) {
    shiftNs = baseNs;
    zeroNs = axisZeroNs;
  }

  /** Ticks since the base, or {@link Row#NEVER} for a time that cannot be. */
  long sinceBase(long deviceTicks) {
    long ticks = deviceTicks - baseTicks;
    // The device's "never" is 0.
    return deviceTicks != 0 && ticks >= lowest && ticks <= highest ? ticks : Row.NEVER;
  }

  /** What the device wrote for a time since the base. */
  long deviceTicks(long ticks) {
    return ticks + baseTicks;
  }

  /** Nanoseconds on the axis of the export. */
  long ns(long ticks) {
    return shiftNs + (nsPerTick != 0 ? ticks * nsPerTick : ns(ticks, hz));
  }

  /** Nanoseconds of a length. */
  long lengthNs(long ticks) {
    return nsPerTick != 0 ? ticks * nsPerTick : ns(ticks, hz);
  }

  /** The tick since the base so long after the first event of the earliest capture. */
  long ticksAt(long ns) {
    return ticks(ns + zeroNs - shiftNs, hz);
  }

  /** Ticks since the base at a host time; clamped to what is possible. */
  long ticksOfHost(long hostNs) {
    return Math.max(lowest, Math.min(highest, ticks(hostNs - baseHostNs, hz)));
  }

  /** The host's monotonic clock at the base. */
  long baseHostNs() {
    return baseHostNs;
  }

  /** The error bound in words. */
  String accuracy() {
    return isPlaced
        ? "to +-" + errorNs + " ns"
        : "unknown: the device's clock does not fit the host's";
  }

  /** How far a device time may lie from where it is placed on the host's clock. */
  long errorNs() {
    return errorNs;
  }

  /** Whether the host's times say where the device's lie. */
  boolean isPlaced() {
    return isPlaced;
  }
}
