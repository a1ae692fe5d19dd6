package dev.sluice.session.run;

import dev.sluice.ingest.CaptureSink;
import dev.sluice.ingest.LeaseSink;
import dev.sluice.output.capture.Capture;
import dev.sluice.output.capture.CaptureLoad;
import java.util.Optional;

/** How a run meets its session's capture, where there is one. */
public final class RunCapture {
  /** Nothing is captured. */
  public static final RunCapture NONE = new RunCapture(null);

  private final Capture capture;

  /**
   * @param capture null for none
   */
  public RunCapture(Capture capture) {
    this.capture = capture;
  }

  /** The sink of one collector: the capture, if there is one, then the other. */
  LeaseSink sink(int shard, LeaseSink next) {
    return capture == null ? next : new CaptureSink(capture.intake(shard), next);
  }

  boolean isCopying() {
    return capture != null;
  }

  /** What the capture takes and could take; empty if nothing is captured. */
  Optional<CaptureLoad> load() {
    return Optional.ofNullable(capture).map(Capture::load);
  }

  /** How long the capture's thread takes for what it has, as {@link Capture#backlogNanos}. */
  long backlogNanos() {
    return capture == null ? 0 : capture.backlogNanos();
  }

  /** From now on a full stage loses records, which the capture counts. */
  void stopWaiting() {
    if (capture != null) {
      capture.stopWaiting();
    }
  }
}
