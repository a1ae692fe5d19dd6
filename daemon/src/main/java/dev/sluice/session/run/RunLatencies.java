package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.counters.LatencyRecorder;
import org.HdrHistogram.Histogram;

/**
 * The latencies of one or several runs, in nanoseconds. A histogram is 30 KB and the janitor needs
 * none of them ten times a second: those of a run become part of its {@link RunTotals} when it is
 * over.
 */
public final class RunLatencies {
  /** Of no run; never added to. */
  static final RunLatencies NONE = new RunLatencies();

  /** By kind: from "full buffer published" to "replacement visible". */
  public final Histogram[] refill = new Histogram[BufferKind.COUNT];

  /** Between two polls of the drain, beyond what was meant. */
  public final Histogram drainPause = LatencyRecorder.newHistogram();

  /** How long tasks ran, by type of core; counted while a capture is written. */
  public final Histogram[] taskDurations = new Histogram[Geometry.CORE_TYPES.size()];

  /** How long tasks waited on their core between being received and started; likewise. */
  public final Histogram[] taskDispatch = new Histogram[Geometry.CORE_TYPES.size()];

  public RunLatencies() {
    for (int type = 0; type < taskDurations.length; type++) {
      taskDurations[type] = LatencyRecorder.newHistogram();
      taskDispatch[type] = LatencyRecorder.newHistogram();
    }
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      refill[kind] = LatencyRecorder.newHistogram();
    }
  }

  RunLatencies plus(RunLatencies other) {
    if (other == NONE) {
      return this;
    }
    return this == NONE ? other : new RunLatencies().add(this).add(other);
  }

  private RunLatencies add(RunLatencies other) {
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      LatencyRecorder.add(refill[kind], other.refill[kind]);
    }
    LatencyRecorder.add(drainPause, other.drainPause);
    for (int type = 0; type < taskDurations.length; type++) {
      LatencyRecorder.add(taskDurations[type], other.taskDurations[type]);
      LatencyRecorder.add(taskDispatch[type], other.taskDispatch[type]);
    }
    return this;
  }

  /** Refill latency over all kinds. */
  public Histogram refillOfAllKinds() {
    Histogram sum = LatencyRecorder.newHistogram();
    for (Histogram histogram : refill) {
      LatencyRecorder.add(sum, histogram);
    }
    return sum;
  }
}
