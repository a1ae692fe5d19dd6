package dev.sluice.output.capture;

import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a writer leaves that died while it began a segment. */
class CaptureRecoveryTest {
  private static final int STAGE_BYTES = 1 << 20;
  private static final int LAST = 2;

  @TempDir private Path folder;
  private CaptureRig rig;
  private Path last;

  @BeforeEach
  void writeTwoSegmentsAndBeginAThird() {
    rig = new CaptureRig(folder, STAGE_BYTES, "segment-bytes=1MiB");
    last = segment(LAST);
    while (!Files.exists(last)) {
      rig.write(AICPU_TASK, 0, 1);
    }
  }

  private Path segment(int number) {
    return rig.directory().resolve(CaptureFormat.segmentName(number));
  }

  private CaptureRecovery recovery() throws IOException {
    CaptureRecovery recovery =
        new CaptureRecovery(
            rig.files,
            rig.directory(),
            rig.manifest,
            List.of(rig.capture.intake(0)),
            false,
            () -> {});
    recovery.run();
    return recovery;
  }

  private void assertNotBegun() throws IOException {
    CaptureRecovery recovery = recovery();
    assertFalse(Files.exists(last));
    assertEquals(LAST, recovery.nextSegment());
    assertTrue(recovery.nextFrame() > 0);
    List<String> damages =
        rig.verify().damages().stream()
            .map(Object::toString)
            .filter(damage -> damage.contains(CaptureFormat.segmentName(LAST)))
            .toList();
    assertEquals(List.of(), damages);
  }

  @Test
  void shouldDeleteASegmentThatWasCreatedOnly() throws IOException {
    Files.write(last, new byte[0]);
    assertNotBegun();
  }

  @Test
  void shouldDeleteASegmentWhoseFirstBlockIsMissing() throws IOException {
    Files.write(last, new byte[1 << 13]);
    assertNotBegun();
  }

  @Test
  void shouldDeleteASpareThatWasRenamedOnly() throws IOException {
    Files.write(last, Files.readAllBytes(segment(0)));
    assertNotBegun();
  }

  /** A dead disk block is damage, which the verifier must see. */
  @Test
  void shouldKeepASegmentWithFramesAndADamagedHeader() throws IOException {
    byte[] bytes = Files.readAllBytes(last);
    bytes[0]++;
    Files.write(last, bytes);
    assertEquals(LAST + 1, recovery().nextSegment());
    assertTrue(Files.exists(last));
  }

  @Test
  void shouldSealASegmentThatHasItsHeaderOnly() throws IOException {
    byte[] bytes = Files.readAllBytes(last);
    Files.write(last, Arrays.copyOf(bytes, SegmentHeader.SIZE_BYTES));
    assertEquals(LAST + 1, recovery().nextSegment());
    assertTrue(Files.exists(last.resolveSibling(CaptureFormat.indexName(LAST))));
  }
}
