package dev.sluice.output.capture;

import dev.sluice.abi.Geometry;
import java.nio.ByteBuffer;

/**
 * An intake whose capture is never written. The warm-up uses it, so that no session pays for the
 * first use of this code. One thread.
 */
public final class RehearsedCapture {
  private static final int STAGE_BYTES = 1 << 20;

  private final CaptureStage stage;
  private final CaptureIntake intake;

  public RehearsedCapture(Geometry geometry) {
    stage =
        new CaptureStage(
            ByteBuffer.allocateDirect(STAGE_BYTES), CaptureIntake.largestClaimBytes(geometry));
    intake = new CaptureIntake(stage, geometry, false);
  }

  public CaptureIntake intake() {
    return intake;
  }

  /** Discards everything in the stage. */
  public void empty() {
    for (int bytes = stage.readable(); bytes > 0; bytes = stage.readable()) {
      stage.release(bytes);
    }
  }
}
