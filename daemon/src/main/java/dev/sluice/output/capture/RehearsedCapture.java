package dev.sluice.output.capture;

import dev.sluice.abi.Geometry;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.config.CaptureSettings;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A capture whose disk takes everything and keeps nothing: for the warm-up, so that no session pays
 * for the first use of this code. One thread, which also steps it.
 */
public final class RehearsedCapture {
  private static final int STAGE_BYTES = 1 << 20;

  private final Capture capture;

  public RehearsedCapture(CaptureSettings settings, Geometry geometry) {
    CaptureFiles nowhere = new NowhereFiles();
    Path directory = Path.of("warm-up");
    CaptureManifest manifest =
        new CaptureManifest(
            CaptureManifest.Format.CURRENT,
            new UUID(0, 0),
            new CaptureManifest.Origin("", "", 0, 0, ""),
            geometry,
            LayoutOverrides.NONE,
            new CaptureManifest.Cores(List.of(), List.of()),
            new CaptureManifest.Clock(Instant.EPOCH, 0, geometry.layout().platform().clockHz()),
            Optional.empty(),
            CaptureManifest.Outcome.running(),
            Optional.empty());
    capture =
        new Capture(
            nowhere,
            new SegmentSupply(settings, nowhere),
            directory,
            manifest,
            settings,
            List.of(ByteBuffer.allocateDirect(STAGE_BYTES)),
            System::nanoTime);
  }

  /** Where the records of the rehearsal go. */
  public Capture capture() {
    return capture;
  }

  /** What the capture's thread would do. */
  public int doWork() {
    return capture.doWork();
  }
}
