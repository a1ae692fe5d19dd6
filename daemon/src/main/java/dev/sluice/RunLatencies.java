package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.counters.LatencyRecorder;
import org.HdrHistogram.Histogram;

/**
 * The latencies of one or several runs, in nanoseconds. Apart from {@link RunTotals}, because a
 * histogram is 30 KB and the janitor needs none of them ten times a second.
 */
final class RunLatencies {
  /** By kind: from "full buffer published" to "replacement visible". */
  final Histogram[] refill = new Histogram[BufferKind.COUNT];

  /** Between two polls of the drain, beyond what was meant. */
  final Histogram drainPause = LatencyRecorder.newHistogram();

  RunLatencies() {
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      refill[kind] = LatencyRecorder.newHistogram();
    }
  }

  /** Adds another's; returns this. */
  RunLatencies add(RunLatencies other) {
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      LatencyRecorder.add(refill[kind], other.refill[kind]);
    }
    LatencyRecorder.add(drainPause, other.drainPause);
    return this;
  }

  /** Refill latency over all kinds. */
  Histogram refillOfAllKinds() {
    Histogram sum = LatencyRecorder.newHistogram();
    for (Histogram histogram : refill) {
      LatencyRecorder.add(sum, histogram);
    }
    return sum;
  }
}
