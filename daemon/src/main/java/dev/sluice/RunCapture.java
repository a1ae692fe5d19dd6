package dev.sluice;

import dev.sluice.ingest.CaptureSink;
import dev.sluice.ingest.LeaseSink;
import dev.sluice.output.capture.Capture;
import dev.sluice.output.capture.CaptureIntake;
import dev.sluice.output.capture.CaptureLoad;
import dev.sluice.output.capture.RehearsedCapture;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/** How a run meets its session's capture, where there is one. */
final class RunCapture {
  /** Nothing is captured. */
  static final RunCapture NONE = new RunCapture(null, null);

  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final long PAUSE_NANOS = 200_000;

  private final Capture capture;
  private final IntFunction<CaptureIntake> intakes;

  private RunCapture(Capture capture, IntFunction<CaptureIntake> intakes) {
    this.capture = capture;
    this.intakes = intakes;
  }

  /** Of a session that is captured. */
  static RunCapture of(Capture capture) {
    return new RunCapture(capture, capture::intake);
  }

  /** Of a warm-up, which nothing writes. */
  static RunCapture of(RehearsedCapture rehearsal) {
    return new RunCapture(null, shard -> rehearsal.intake());
  }

  /** The sink of one collector: the capture, if there is one, then the other. */
  LeaseSink sink(int shard, LeaseSink next) {
    return isCopying() ? new CaptureSink(intakes.apply(shard), next) : next;
  }

  boolean isCopying() {
    return intakes != null;
  }

  /** What the capture takes and could take; empty if nothing is captured. */
  Optional<CaptureLoad> load() {
    return Optional.ofNullable(capture).map(Capture::load);
  }

  /** How long the capture's thread takes for what it has, as {@link Capture#backlogNanos}. */
  long backlogNanos() {
    return capture == null ? 0 : capture.backlogNanos();
  }

  /** How long a settlement waits for the disk before it counts what is left as lost. */
  long patienceNanos() {
    return capture == null ? 0 : PATIENCE_NANOS;
  }

  /** Lets the capture's thread go on. */
  void pause() {
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  /** From now on a full stage loses records, which the capture counts. */
  void stopWaiting() {
    if (capture != null) {
      capture.stopWaiting();
    }
  }
}
