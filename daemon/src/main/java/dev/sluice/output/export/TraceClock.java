package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureFrames;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Clock of one capture: converts between device ticks, nanoseconds on the export's axis, and the
 * host's monotonic clock. Ticks count from a base, the earliest possible time in the capture.
 *
 * <p>The device's clock is placed on the host's by containment: the events of a frame happened
 * before the host collected it, and between START and RUN_END of its run. This leaves an interval;
 * its middle is used, and half of its width is the error. If the two clocks drift apart, no place
 * satisfies all bounds; the place with the least violation is used, and that violation is the
 * error. Each frame contributes its median, so that a record with an impossible time has no effect.
 * The same bounds determine which times are possible at all.
 */
final class TraceClock {
  private static final long NS_PER_SECOND = 1_000_000_000L;
  private static final int MAX_SAMPLES_PER_POOL = 64;

  private final long hz;
  private final long nsPerTick;
  private final long baseTicks;
  // Host time of the base; for a capture without frames, of its beginning.
  private final long baseHostNs;
  private final long errorNs;
  private final String accuracy;
  private final boolean isExact;
  private final long lowest;
  private final long highest;
  private long shiftNs;
  private long zeroNs;

  /** Median start of a frame, and the host times between which it must lie. */
  private record Sample(long ticks, long fromNs, long toNs) {}

  TraceClock(CaptureSource source) throws IOException {
    hz = source.clockHz();
    nsPerTick = NS_PER_SECOND % hz == 0 ? NS_PER_SECOND / hz : 0;
    long originNs = source.manifest().clock().hostOriginNs();
    List<Sample> samples = samples(source);
    if (samples.isEmpty()) {
      baseTicks = 0;
      baseHostNs = originNs;
      errorNs = 0;
      accuracy = "unknown: the capture has no records";
      isExact = false;
      lowest = 0;
      highest = Long.MAX_VALUE / 8;
      return;
    }
    long[] all = samples.stream().mapToLong(Sample::ticks).sorted().toArray();
    long middle = all[all.length / 2];
    long lastNs = samples.stream().mapToLong(Sample::toNs).max().orElse(originNs);
    // The device ran during the capture: a frame farther away is damaged.
    double farTicks = (lastNs - originNs + 1e9) / 1e9 * hz;
    samples.removeIf(sample -> Math.abs((double) sample.ticks - middle) > farTicks);
    // Bounds of the middle on the host's clock.
    long atLeastNs = Long.MIN_VALUE;
    long atMostNs = Long.MAX_VALUE;
    lastNs = originNs;
    for (Sample sample : samples) {
      long ns = ns(sample.ticks - middle, hz);
      atLeastNs = Math.max(atLeastNs, sample.fromNs - ns);
      atMostNs = Math.min(atMostNs, sample.toNs - ns);
      lastNs = Math.max(lastNs, sample.toNs);
    }
    // Generous, since the clocks may drift apart and a record slightly outside does no harm.
    long slackNs = NS_PER_SECOND / 1000 + (lastNs - originNs) / 4;
    long lowNs = ticks(originNs - Math.max(atLeastNs, atMostNs) - slackNs, hz);
    long highNs = ticks(lastNs - Math.min(atLeastNs, atMostNs) + slackNs, hz);
    long base = earliest(source, middle, lowNs, highNs);
    baseTicks = middle + base;
    baseHostNs = atLeastNs + (atMostNs - atLeastNs) / 2 + ns(base, hz);
    isExact = atLeastNs <= atMostNs;
    errorNs = (Math.abs(atMostNs - atLeastNs) + 1) / 2;
    accuracy =
        "to +-"
            + errorNs
            + " ns"
            + (isExact ? "" : ", by which the clocks of device and host drift apart");
    lowest = lowNs - base;
    highest = highNs - base;
  }

  /** Samples some frames of each pool, including the first of each run. */
  private static List<Sample> samples(CaptureSource source) throws IOException {
    Map<Integer, Long> begins = new HashMap<>();
    for (CaptureFrames.Note note : source.frames().notes()) {
      if (note.type() == FrameType.RUN) {
        begins.put((int) note.value(), note.hostTimeNs());
      }
    }
    long originNs = source.manifest().clock().hostOriginNs();
    List<Sample> samples = new ArrayList<>();
    for (BufferKind kind : BufferKind.TIMED) {
      for (int instance = 0; instance < source.instances(kind); instance++) {
        int frames = source.frameCount(kind, instance);
        int step = Math.max(1, frames / MAX_SAMPLES_PER_POOL);
        int runBefore = -1;
        for (int frame = 0; frame < frames; frame++) {
          int run = source.run(kind, instance, frame);
          if (frame % step == 0 || frame == frames - 1 || run != runBefore) {
            ByteBuffer records = source.frame(kind, instance, frame);
            samples.add(sample(source, kind, records, run, begins.getOrDefault(run, originNs)));
          }
          runBefore = run;
        }
      }
    }
    return samples;
  }

  private static Sample sample(
      CaptureSource source, BufferKind kind, ByteBuffer records, int run, long beginNs) {
    long[] starts =
        IntStream.range(0, records.limit() / kind.recordBytes())
            .mapToLong(i -> RecordCursor.start(kind, records, i * kind.recordBytes()))
            .sorted()
            .toArray();
    long fromNs = beginNs;
    long toNs = source.frames().hostTimeNs();
    CaptureManifest.RunWindow window = source.runWindow(run);
    if (window != null && window.isOfBoot(source.manifest().clock().bootId())) {
      fromNs = Math.max(fromNs, window.startNs());
      toNs = Math.min(toNs, window.endNs());
    }
    return new Sample(starts[starts.length / 2], fromNs, toNs);
  }

  /** Returns the earliest possible time, in ticks from the middle. */
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
    // In two steps, since ticks x 1e9 exceeds 63 bits after some seconds.
    return ticks / hz * NS_PER_SECOND + ticks % hz * NS_PER_SECOND / hz;
  }

  /** Converts a length to ticks. */
  long ticks(long ns) {
    return ticks(ns, hz);
  }

  private static long ticks(long ns, long hz) {
    return ns / NS_PER_SECOND * hz + ns % NS_PER_SECOND * hz / NS_PER_SECOND;
  }

  /**
   * Places this capture on the axis.
   *
   * @param baseNs position of its base
   * @param axisZeroNs begin of the earliest capture, from which a selection counts
   */
  void place(long baseNs, long axisZeroNs) {
    shiftNs = baseNs;
    zeroNs = axisZeroNs;
  }

  /** Returns ticks since the base, or {@link Row#NEVER} for an impossible time. */
  long sinceBase(long deviceTicks) {
    long ticks = deviceTicks - baseTicks;
    // The device writes 0 for "never".
    return deviceTicks != 0 && ticks >= lowest && ticks <= highest ? ticks : Row.NEVER;
  }

  /** Returns the device's time for ticks since the base. */
  long deviceTicks(long ticks) {
    return ticks + baseTicks;
  }

  /** Returns nanoseconds on the axis of the export. */
  long ns(long ticks) {
    return shiftNs + (nsPerTick != 0 ? ticks * nsPerTick : ns(ticks, hz));
  }

  /** Converts a length to nanoseconds. */
  long lengthNs(long ticks) {
    return nsPerTick != 0 ? ticks * nsPerTick : ns(ticks, hz);
  }

  /** Returns the tick since the base for a time since the first event of the earliest capture. */
  long ticksAt(long ns) {
    return ticks(ns + zeroNs - shiftNs, hz);
  }

  /** Returns ticks since the base at a host time, clamped to what is possible. */
  long ticksOfHost(long hostNs) {
    return Math.max(lowest, Math.min(highest, ticks(hostNs - baseHostNs, hz)));
  }

  /** The host's monotonic clock at the base. */
  long baseHostNs() {
    return baseHostNs;
  }

  /** The error bound as text. */
  String accuracy() {
    return accuracy;
  }

  /** Maximum distance of a device time from its place on the host's clock. */
  long errorNs() {
    return errorNs;
  }

  /** Returns whether one place on the host's clock satisfies all bounds. */
  boolean isExact() {
    return isExact;
  }
}
