package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.ingest.CaptureSink;
import dev.sluice.ingest.LeaseSink;
import dev.sluice.ingest.TaskStatistics;
import dev.sluice.output.capture.Capture;
import dev.sluice.output.capture.CaptureIntake;
import dev.sluice.output.capture.CaptureLoad;
import dev.sluice.output.capture.RehearsedCapture;
import java.util.Optional;
import java.util.function.IntFunction;

/** How a run meets its session's capture, where there is one. */
public final class RunCapture {
  /** Nothing is captured. */
  public static final RunCapture NONE = new RunCapture(null, null);

  private final Capture capture;
  private final IntFunction<CaptureIntake> intakes;

  private RunCapture(Capture capture, IntFunction<CaptureIntake> intakes) {
    this.capture = capture;
    this.intakes = intakes;
  }

  /** Of a session that is captured. */
  public static RunCapture of(Capture capture) {
    return new RunCapture(capture, capture::intake);
  }

  /** Of a warm-up, which nothing writes. */
  static RunCapture of(RehearsedCapture rehearsal) {
    return new RunCapture(null, shard -> rehearsal.intake());
  }

  /**
   * The sink of one collector: the capture, if there is one, then the other.
   *
   * @param statistics sees the tasks that are encoded; null for none
   */
  LeaseSink sink(int shard, LeaseSink next, TaskStatistics statistics) {
    if (!isCopying()) {
      return next;
    }
    CaptureIntake intake = intakes.apply(shard);
    intake.observe(BufferKind.AICORE_TASK, statistics);
    return new CaptureSink(intake, next);
  }

  boolean isCopying() {
    return intakes != null;
  }

  /** What the capture takes and could take; empty if nothing is captured. */
  Optional<CaptureLoad> load() {
    return Optional.ofNullable(capture).map(Capture::load);
  }

  /** From now on a full stage loses records, which the capture counts. */
  void stopWaiting() {
    if (capture != null) {
      capture.stopWaiting();
    }
  }
}
