package dev.sluice.output.capture;

import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The promise of {@code sluice.capture.fsync} covers directory entries, too. */
class CaptureDurabilityTest {
  private static final int STAGE_BYTES = 1 << 20;
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;

  private CaptureRig rig(String fsync) {
    // Two directory levels that the capture must create.
    return new CaptureRig(
        folder.resolve("new/captures"), STAGE_BYTES, "segment-bytes=1MiB", "fsync=" + fsync);
  }

  private static boolean isThere(CaptureRig rig, int segment) {
    return Files.exists(rig.directory().resolve(CaptureFormat.segmentName(segment)));
  }

  private static void untilSegment(CaptureRig rig, int segment) {
    while (!isThere(rig, segment)) {
      rig.write(AICPU_TASK, 0, 1);
    }
  }

  @Test
  void shouldForceTheNamesOfClosedSegments() {
    CaptureRig rig = rig("seal");
    untilSegment(rig, 2);
    Path open = folder.relativize(rig.directory()).resolve(CaptureFormat.segmentName(2));
    assertEquals(Set.of(open), rig.files.lostWithoutPower(folder));
  }

  @Test
  void shouldForceEverythingWhenTheCaptureEnds() throws IOException {
    CaptureRig rig = rig("seal");
    untilSegment(rig, 1);
    rig.end();
    assertEquals(Set.of(), rig.files.lostWithoutPower(folder));
  }

  @Test
  void shouldForceTheNameOfTheOpenSegmentWithinASecond() {
    CaptureRig rig = rig("second");
    untilSegment(rig, 1);
    rig.pass(SECOND);
    rig.write(AICPU_TASK, 0, 1);
    assertEquals(Set.of(), rig.files.lostWithoutPower(folder));
  }

  @Test
  void shouldForceASegmentThatWasWrittenOverARecycledFile() throws IOException {
    CaptureRig rig = rig("seal");
    untilSegment(rig, 1);
    Path first = rig.directory().resolve(CaptureFormat.segmentName(0));
    rig.supply.retire(first);
    untilSegment(rig, 3);
    Path open = folder.relativize(rig.directory()).resolve(CaptureFormat.segmentName(3));
    Set<Path> lost = rig.files.lostWithoutPower(folder);
    assertTrue(lost.contains(open));
    assertFalse(
        lost.contains(open.resolveSibling(CaptureFormat.segmentName(2))), "closed: " + lost);
  }

  @Test
  void shouldPromiseNothingWhereNothingIsAskedFor() {
    CaptureRig rig = rig("never");
    untilSegment(rig, 1);
    rig.pass(SECOND);
    assertTrue(
        rig.files
            .lostWithoutPower(folder)
            .contains(folder.relativize(rig.directory()).resolve(CaptureFormat.segmentName(0))));
  }

  @Test
  void shouldGoOnWhereNamesCannotBeForced() throws IOException {
    CaptureRig rig = rig("seal");
    untilSegment(rig, 1);
    rig.files.failWith(new IOException("Input/output error"));
    rig.write(AICPU_TASK, 0, 40);
    rig.assertLaw();
    rig.files.failWith(null);
    rig.pass(2 * SECOND);
    rig.write(AICPU_TASK, 0, 1);
    rig.assertLaw();
    assertTrue(rig.end().outcome().kind(AICPU_TASK).captured() > 0);
  }
}
