package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.counters.LatencyRecorder;
import org.HdrHistogram.Histogram;

/**
 * Latencies of one or several runs, in nanoseconds. Kept apart from {@link RunTotals} until a run
 * ends, since a histogram takes 30 KB and the janitor counts ten times a second.
 */
public final class RunLatencies {
  /** No latencies; never added to. */
  static final RunLatencies NONE = new RunLatencies();

  /** By kind: from a full buffer published to its replacement visible. */
  public final Histogram[] refill = new Histogram[BufferKind.COUNT];

  /** Between two polls of the drain, beyond the intended interval. */
  public final Histogram drainPause = LatencyRecorder.newHistogram();

  /** Durations of tasks by core type; counted while a capture is written. */
  public final Histogram[] taskDurations = new Histogram[Geometry.CORE_TYPES.size()];

  /**
   * Time from receiving a task to starting it, by core type; counted while a capture is written.
   */
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

  /** Returns the refill latency over all kinds. */
  public Histogram refillOfAllKinds() {
    Histogram sum = LatencyRecorder.newHistogram();
    for (Histogram histogram : refill) {
      LatencyRecorder.add(sum, histogram);
    }
    return sum;
  }
}
