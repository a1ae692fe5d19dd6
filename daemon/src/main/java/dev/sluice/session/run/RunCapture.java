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

/** Connects a run to its session's capture, if there is one. */
public final class RunCapture {
  /** Captures nothing. */
  public static final RunCapture NONE = new RunCapture(null, null);

  private final Capture capture;
  private final IntFunction<CaptureIntake> intakes;

  private RunCapture(Capture capture, IntFunction<CaptureIntake> intakes) {
    this.capture = capture;
    this.intakes = intakes;
  }

  /** Writes to the capture of a session. */
  public static RunCapture of(Capture capture) {
    return new RunCapture(capture, capture::intake);
  }

  /** Encodes during a warm-up; nothing is written. */
  static RunCapture of(RehearsedCapture rehearsal) {
    return new RunCapture(null, shard -> rehearsal.intake());
  }

  /**
   * Returns the sink of one collector: the capture, if there is one, then {@code next}.
   *
   * @param statistics receives the encoded tasks; null for none
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

  /** Returns the load of the capture; empty if nothing is captured. */
  Optional<CaptureLoad> load() {
    return Optional.ofNullable(capture).map(Capture::load);
  }

  /** From now on a full stage loses records, which the capture counts, instead of blocking. */
  void stopWaiting() {
    if (capture != null) {
      capture.stopWaiting();
    }
  }
}
