package dev.sluice.output.capture;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.SCHED_PHASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.testkit.Allocations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the disk does: the collector never waits for it, and no record goes uncounted. */
@Timeout(60)
class CaptureFaultsTest {
  private static final int STAGE_BYTES = 1 << 20;
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;

  private static void assertGapsName(long lost, BufferKind kind, Path directory)
      throws IOException {
    long[] named = new long[1];
    try (CaptureReader reader = CaptureReader.open(directory)) {
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.GAP && frame.kind() == kind && !frame.isDeviceLoss()) {
              named[0] += frame.count();
            }
          });
    }
    assertEquals(lost, named[0]);
  }

  @Test
  void shouldCaptureEverythingOnAHealthyDisk() throws IOException {
    CaptureRig rig = CaptureRig.synthetic(folder, STAGE_BYTES, "segment-bytes=1MiB");
    for (int i = 0; i < 300; i++) {
      rig.write(AICPU_TASK, i % 6, 1);
      rig.write(AICORE_TASK, i % 6, 1);
      rig.write(SCHED_PHASE, i % 2, 1);
      rig.assertLaw();
    }
    CaptureManifest manifest = rig.end();
    assertEquals(300_000, manifest.outcome().kind(SCHED_PHASE).captured());
    assertTrue(manifest.outcome().segments() >= 4);
    CaptureVerifier.Result result = rig.verify();
    assertEquals(List.of(), result.damages());
    assertEquals(List.of(), result.losses());
    assertEquals(900_000, result.comparedRecords());
    assertEquals(1 + 900, result.frames());
  }

  @Test
  void shouldGoOnAfterADiskThatFailed() throws IOException {
    for (IOException failure :
        List.of(
            new IOException("Input/output error"),
            new FileSystemException("capture", null, "Read-only file system"),
            new IOException("No space left on device"),
            new IOException("Disk quota exceeded"))) {
      LossReason reason = LossReason.of(failure);
      String name = failure.getMessage().replaceAll("\\W", "");
      CaptureRig rig = new CaptureRig(folder.resolve(name), STAGE_BYTES);
      rig.write(AICPU_TASK, 0, 3);
      rig.files.failWith(failure);
      rig.write(AICPU_TASK, 0, 50);
      rig.write(AICPU_TASK, 1, 20);
      rig.assertLaw();
      assertEquals(70_000, rig.capture.totals().lost(AICPU_TASK, reason));
      assertTrue(rig.capture.totals().errors(reason) > 0);
      rig.files.failWith(null);
      // Not at once: a disk that fails is asked again every second.
      rig.write(AICPU_TASK, 0, 1);
      assertEquals(71_000, rig.capture.totals().lost(AICPU_TASK, reason));
      rig.pass(SECOND);
      rig.write(AICPU_TASK, 0, 4);
      rig.write(AICPU_TASK, 1, 5);
      rig.assertLaw();
      CaptureManifest manifest = rig.end();
      assertEquals(12_000, manifest.outcome().kind(AICPU_TASK).captured());
      assertEquals(71_000, manifest.outcome().kind(AICPU_TASK).lost().get(reason.label()));
      assertGapsName(71_000, AICPU_TASK, rig.directory());
      CaptureVerifier.Result result = rig.verify();
      assertEquals(List.of(), result.damages(), name);
      assertTrue(result.isIncomplete());
    }
  }

  @Test
  void shouldLoseOnlyTheFramesOfTheWriteThatFailed() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES);
    rig.write(AICPU_TASK, 0, 2);
    rig.files.failAfter(1, new IOException("Input/output error"));
    rig.write(AICPU_TASK, 0, 2);
    assertEquals(1_000, rig.capture.totals().lost(AICPU_TASK));
    rig.files.failWith(null);
    rig.pass(2 * SECOND);
    rig.write(AICPU_TASK, 0, 1);
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldEndOnADiskThatStaysFull() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES);
    rig.write(AICORE_TASK, 0, 2);
    rig.pass(2 * SECOND);
    rig.files.failWith(new IOException("No space left on device"));
    rig.write(AICORE_TASK, 0, 2);
    rig.capture.end("detached", java.time.Instant.EPOCH);
    rig.step();
    assertTrue(rig.capture.isEnded());
    rig.assertLaw();
    assertEquals(2_000, rig.capture.totals().lost(AICORE_TASK, LossReason.DISK_FULL));
  }

  @Test
  void shouldFillASmallDiskAndComeBackWhenThereIsRoom() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("small disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk.toString()),
        "a file system of 3 MB cannot be mounted here");
    try {
      Path filler = disk.resolve("filler");
      Files.write(filler, new byte[1 << 20]);
      CaptureRig rig =
          new CaptureRig(disk, STAGE_BYTES, "segment-bytes=1MiB", "free-space-floor=0B");
      rig.write(AICPU_TASK, 0, 200);
      rig.assertLaw();
      long lost = rig.capture.totals().lost(AICPU_TASK, LossReason.DISK_FULL);
      assertTrue(lost > 10_000, "lost " + lost);
      Files.delete(filler);
      rig.pass(2 * SECOND);
      rig.write(AICPU_TASK, 0, 10);
      assertEquals(lost, rig.capture.totals().lost(AICPU_TASK));
      rig.write(AICPU_TASK, 0, 200);
      rig.assertLaw();
      CaptureManifest manifest = rig.end();
      // The manifest's last form is there although there is no room for it.
      assertTrue(manifest.outcome().isEnded());
      assertTrue(manifest.outcome().kind(AICPU_TASK).lost().get("disk_full") > lost);
      CaptureVerifier.Result result = rig.verify();
      assertEquals(List.of(), result.damages());
      assertTrue(result.isIncomplete());
    } finally {
      assertTrue(run("umount", disk.toString()));
    }
  }

  private static boolean run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Test
  void shouldCountWhatWasInADirectoryThatSomebodyDeleted() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES);
    rig.write(AICPU_TASK, 0, 3);
    rig.pass(2 * SECOND);
    DirectoryRemoval.remove(rig.files, rig.directory());
    rig.write(AICPU_TASK, 0, 4);
    rig.pass(2 * SECOND);
    rig.write(AICPU_TASK, 0, 5);
    rig.assertLaw();
    CaptureManifest manifest = rig.end();
    assertEquals(7_000, manifest.outcome().kind(AICPU_TASK).lost().get("io_error"));
    assertEquals(5_000, manifest.outcome().kind(AICPU_TASK).captured());
    assertTrue(rig.verify().isDamaged(), "the frames before are gone");
  }

  @Test
  void shouldSurviveADefectOfTheWriter() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES);
    rig.write(AICPU_TASK, 0, 1);
    rig.files.breakWith(new IllegalStateException("a defect"));
    rig.write(AICPU_TASK, 0, 2);
    rig.files.breakWith(null);
    rig.pass(2 * SECOND);
    rig.write(AICPU_TASK, 0, 1);
    rig.assertLaw();
    assertTrue(rig.capture.totals().lost(AICPU_TASK, LossReason.WRITER_FAILED) >= 1_000);
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldHoldTheCollectorBackOnlyByAnswering() throws Exception {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES, "stall-limit=5s");
    rig.write(AICPU_TASK, 0, 1);
    rig.files.block();
    Thread writer = new Thread(rig::step);
    // The writer hangs within the write of this one.
    assertEquals(CaptureIntake.Room.TAKEN, rig.put(AICPU_TASK, 0));
    writer.start();
    rig.files.awaitBlocked();
    int absorbed = 0;
    while (rig.put(AICPU_TASK, 1) == CaptureIntake.Room.TAKEN) {
      absorbed++;
    }
    assertTrue(absorbed >= 30, "a stage of 1 MiB takes more than " + absorbed + " buffers");
    rig.clock.advance(4 * SECOND);
    rig.capture.watch(rig.clock.nanoTime());
    assertEquals(CaptureIntake.Room.WAIT, rig.put(AICPU_TASK, 1));
    rig.clock.advance(2 * SECOND);
    rig.capture.watch(rig.clock.nanoTime());
    // Five seconds are enough: a silent disk never holds a device.
    assertEquals(CaptureIntake.Room.LOST, rig.put(AICPU_TASK, 1));
    assertEquals(CaptureIntake.Room.LOST, rig.put(AICPU_TASK, 2));
    rig.files.unblock();
    writer.join();
    rig.step();
    rig.capture.watch(rig.clock.nanoTime());
    rig.write(AICPU_TASK, 1, 1);
    rig.assertLaw();
    assertEquals(2_000, rig.capture.totals().lost(AICPU_TASK, LossReason.DISK_STALLED));
    rig.end();
    assertGapsName(2_000, AICPU_TASK, rig.directory());
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldDiscardAtOnceWhereThatIsThePolicy() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES, "overload=discard");
    int taken = 0;
    while (rig.put(AICPU_TASK, 3) == CaptureIntake.Room.TAKEN) {
      taken++;
    }
    assertEquals(CaptureIntake.Room.LOST, rig.put(AICPU_TASK, 3));
    rig.assertLaw();
    rig.step();
    rig.write(AICPU_TASK, 3, 2);
    rig.end();
    assertEquals(2_000, rig.capture.totals().lost(AICPU_TASK, LossReason.STAGE_FULL));
    assertEquals((taken + 2) * 1_000L, rig.capture.totals().captured(AICPU_TASK));
    assertGapsName(2_000, AICPU_TASK, rig.directory());
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldKeepTheOrderOfRunsAndFrames() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES);
    rig.put(AICPU_TASK, 0);
    rig.capture.endRun(List.of(0, 1, 0, 1, 0, -1));
    rig.capture.beginRun();
    rig.put(AICPU_TASK, 1);
    CaptureManifest manifest = rig.end();
    assertEquals(List.of(0, 1, 0, 1, 0, -1), manifest.cores().threads());
    StringBuilder order = new StringBuilder();
    try (CaptureReader reader = CaptureReader.open(rig.directory())) {
      reader.forEach(
          frame ->
              order
                  .append(frame.type())
                  .append(frame.type() == FrameType.RUN ? frame.value() : 0)
                  .append(' '));
    }
    assertEquals("RUN1 RECORDS0 RUN2 RECORDS0 ", order.toString());
  }

  @Test
  void shouldBeFollowedWhileItIsWritten() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES, "segment-bytes=1MiB");
    rig.write(AICPU_TASK, 0, 1);
    rig.pass(2 * SECOND);
    try (CaptureTail tail = CaptureTail.open(rig.directory())) {
      int[] next = new int[1];
      FrameVisitor inOrder =
          frame -> {
            if (frame.type() == FrameType.RECORDS) {
              assertEquals(next[0]++, frame.sequence());
            }
          };
      assertEquals(2, tail.poll(inOrder));
      assertEquals(0, tail.poll(inOrder));
      for (int i = 1; i < 100; i++) {
        rig.write(AICPU_TASK, 0, 1);
        if (i % 7 == 0) {
          tail.poll(inOrder);
          assertEquals(i + 1, next[0]);
        }
      }
      assertFalse(tail.isEnded());
      rig.end();
      tail.poll(inOrder);
      assertEquals(100, next[0]);
      assertTrue(tail.isEnded());
      assertEquals(0, tail.missedSegments());
    }
  }

  @Test
  void shouldCopyWithoutAllocating() throws IOException {
    CaptureRig rig = new CaptureRig(folder, STAGE_BYTES);
    CaptureIntake intake = rig.capture.intake(0);
    ByteBuffer records = ByteBuffer.allocateDirect(32_000);
    Random noise = new Random(1);
    for (int at = 0; at < records.capacity(); at += Long.BYTES) {
      records.putLong(at, noise.nextLong());
    }
    Runnable one =
        () -> {
          for (int i = 0; i < 10; i++) {
            if (intake.begin(AICPU_TASK, 0, i, 1000, 1) == CaptureIntake.Room.TAKEN) {
              intake.append(records, 0, 1000);
              intake.end(AICPU_TASK, 0, 0, i, false, 1);
            }
          }
        };
    one.run();
    rig.step();
    assertEquals(0, Allocations.bytesOf(one));
    // And at a full stage.
    intake.loseWhenFull(LossReason.STAGE_FULL);
    one.run();
    one.run();
    assertEquals(0, Allocations.bytesOf(one));
    assertFalse(rig.capture.totals().lost(AICPU_TASK) == 0);
  }
}
