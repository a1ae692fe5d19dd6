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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the disk does, the collector never waits for it, and every lost record is counted. */
@ParameterizedClass
@EnumSource(FaultyFiles.Disk.class)
@Timeout(60)
class CaptureFaultsTest {
  private static final int STAGE_BYTES = 1 << 20;
  private static final long SECOND = 1_000_000_000L;

  @Parameter private FaultyFiles.Disk disk;
  @TempDir private Path folder;

  private CaptureRig rig(Path root, String... settings) {
    CaptureRig rig = new CaptureRig(root, STAGE_BYTES, settings);
    rig.files.become(disk);
    return rig;
  }

  /** Has a stage that never fills up, so that only full blocks and the interval cause writes. */
  private CaptureRig patientRig(String... settings) {
    CaptureRig rig = new CaptureRig(folder, 8 << 20, settings);
    rig.files.become(disk);
    return rig;
  }

  private CaptureRig rig(String... settings) {
    return rig(folder, settings);
  }

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
    rig.files.become(disk);
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
    assertEquals(300_000L * (32 + 32 + 64), rig.capture.load().recordBytes());
    assertEquals(1 + 900, result.frames());
    assertEquals(disk.isDirect() ? "direct" : "buffered", manifest.outcome().writing());
    assertEquals(disk.isDirect(), rig.supply.direct().refusal().isEmpty());
    assertEquals(disk.isDirect() ? rig.files.writes() : 0, rig.files.directWrites());
  }

  /** Files of removed segments are overwritten; their old content does not reappear. */
  @Test
  void shouldWriteOverRecycledFiles() throws IOException {
    CaptureRig rig = rig("segment-bytes=1MiB");
    for (int i = 0; i < 100; i++) {
      rig.write(AICORE_TASK, i % 6, 1);
    }
    rig.supply.retire(rig.directory().resolve("000000.seg"));
    rig.supply.retire(rig.directory().resolve("000001.seg"));
    Files.delete(rig.directory().resolve("000000.idx"));
    Files.delete(rig.directory().resolve("000001.idx"));
    assertTrue(rig.capture.removing(new long[] {0, 0, 0, 64_000}));
    assertTrue(rig.capture.removing(new long[BufferKind.COUNT]));
    for (int i = 100; i < 150; i++) {
      rig.write(AICORE_TASK, i % 6, 1);
      try (CaptureReader reader = CaptureReader.open(rig.directory())) {
        int[] frames = new int[1];
        reader.forEach(frame -> frames[0] += frame.recordCount() == 1000 ? 1 : 0);
        assertEquals(i + 1 - 64, frames[0], "of a file that is being written over");
      }
    }
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldWriteWholeBlocksAndTheRestWhenItIsOld() throws IOException {
    CaptureRig rig = patientRig("flush-interval=20ms");
    rig.write(AICORE_TASK, 0, 1);
    int before = rig.files.writes();
    for (int i = 0; i < 100; i++) {
      assertEquals(CaptureIntake.Room.TAKEN, rig.put(AICORE_TASK, 0));
      rig.step();
      rig.assertLaw();
      assertEquals(rig.capture.totals().captured(AICORE_TASK), recordsOnDisk(rig));
    }
    assertEquals(3, rig.files.writes() - before, "3.2 MB");
    long young = rig.capture.totals().staged(AICORE_TASK);
    assertTrue(young > 0 && young < 33_000, "in the block that is not full: " + young);
    rig.pass(19_999_999);
    assertEquals(young, rig.capture.totals().staged(AICORE_TASK));
    rig.pass(1);
    // A kill loses nothing older than the flush interval.
    assertEquals(0, rig.capture.totals().staged(AICORE_TASK));
    assertEquals(101_000, recordsOnDisk(rig));
    rig.write(AICORE_TASK, 0, 50);
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
    assertEquals(151_000, recordsOnDisk(rig));
  }

  /** Counts records as a new process finds them: without the writer's or any cached state. */
  private static long recordsOnDisk(CaptureRig rig) throws IOException {
    CaptureManifest manifest = rig.capture.manifest();
    Path copy = Files.createTempDirectory(rig.directory().getParent(), "copy");
    long[] records = new long[1];
    for (Path file : CaptureBuilder.files(rig.directory())) {
      Files.copy(file, copy.resolve(file.getFileName()));
    }
    Files.write(copy.resolve(CaptureFormat.MANIFEST), ManifestFile.bytes(manifest));
    try (CaptureReader reader = CaptureReader.open(copy)) {
      reader.forEach(
          frame -> records[0] += frame.type() == FrameType.RECORDS ? frame.recordCount() : 0);
    }
    DirectoryRemoval.remove(new DiskFiles(), copy);
    return records[0];
  }

  /** A kill may hit in the middle of a write, which may end anywhere. */
  @Test
  void shouldReadEverythingBeforeAKillAtAnyByte() throws IOException {
    // Thousands of files; results depend on the way of writing, not on the block size.
    assumeTrue(disk == FaultyFiles.Disk.DIRECT || disk == FaultyFiles.Disk.REFUSED_AT_WRITE);
    CaptureRig rig = patientRig("flush-interval=20ms");
    rig.write(AICORE_TASK, 0, 1);
    rig.write(AICORE_TASK, 1, 1);
    rig.pass(20_000_000);
    rig.write(AICORE_TASK, 2, 1);
    rig.pass(SECOND);
    Path segment = rig.directory().resolve("000000.seg");
    byte[] whole = Files.readAllBytes(segment);
    List<Long> ends = new java.util.ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(rig.directory())) {
      long[] at = {SegmentHeader.SIZE_BYTES};
      reader.forEach(
          frame -> {
            // Padding after the payload may be missing.
            ends.add(at[0] + FrameHeader.SIZE_BYTES + frame.payloadBytes());
            at[0] += frame.sizeBytes();
          });
    }
    assertEquals(4, ends.size());
    for (int at = 0; at <= whole.length; at += 64) {
      for (int length : new int[] {at - 1, at, at + 1}) {
        if (length < 0 || length > whole.length) {
          continue;
        }
        Files.write(segment, java.util.Arrays.copyOf(whole, length));
        int[] frames = new int[1];
        try (CaptureReader reader = CaptureReader.open(rig.directory())) {
          reader.forEach(frame -> frames[0]++);
        }
        assertEquals(
            ends.stream().filter(end -> end <= length).count(), frames[0], "cut at " + length);
      }
    }
  }

  @Test
  void shouldKeepWhatWasFlushedWhenItsBlockFails() throws IOException {
    CaptureRig rig = patientRig("flush-interval=20ms");
    rig.write(AICORE_TASK, 0, 3);
    rig.pass(20_000_000);
    rig.write(AICORE_TASK, 0, 2);
    rig.files.failWith(new IOException("Input/output error"));
    rig.pass(20_000_000);
    rig.assertLaw();
    assertEquals(2_000, rig.capture.totals().lost(AICORE_TASK, LossReason.IO_ERROR));
    assertEquals(3_000, recordsOnDisk(rig));
    rig.files.failWith(null);
    rig.pass(2 * SECOND);
    rig.write(AICORE_TASK, 0, 1);
    rig.end();
    assertEquals(4_000, rig.capture.totals().captured(AICORE_TASK));
    assertGapsName(2_000, AICORE_TASK, rig.directory());
    assertEquals(List.of(), rig.verify().damages());
  }

  /**
   * A block may end within a frame: if the rest of that frame fails, its beginning is removed, too.
   */
  @Test
  void shouldCutOffAFrameOfWhichOnlyTheBeginningWasWritten() throws IOException {
    CaptureRig rig = patientRig("flush-interval=20ms");
    rig.write(AICORE_TASK, 0, 40);
    long captured = rig.capture.totals().captured(AICORE_TASK);
    assertTrue(captured > 30_000 && captured < 40_000, "a block was written: " + captured);
    rig.files.failWith(new IOException("Input/output error"));
    rig.pass(20_000_000);
    assertEquals(captured, rig.capture.totals().captured(AICORE_TASK));
    rig.files.failWith(null);
    rig.pass(2 * SECOND);
    rig.write(AICORE_TASK, 0, 1);
    rig.end();
    rig.assertLaw();
    assertEquals(List.of(), rig.verify().damages());
    assertEquals(captured + 1_000, recordsOnDisk(rig));
    assertGapsName(40_000 - captured, AICORE_TASK, rig.directory());
  }

  @Test
  void shouldCountWhatTheLastWriteOfACaptureLoses() throws IOException {
    CaptureRig rig = patientRig("flush-interval=20ms");
    rig.write(AICORE_TASK, 0, 1);
    rig.pass(2 * SECOND);
    rig.write(AICORE_TASK, 0, 2);
    rig.files.failWith(new IOException("No space left on device"));
    rig.capture.end("detached", java.time.Instant.EPOCH);
    rig.step();
    assertTrue(rig.capture.isEnded());
    rig.assertLaw();
    // Only the final manifest can hold it: the writer takes no step afterwards.
    CaptureManifest.KindBooks books = rig.capture.manifest().outcome().kind(AICORE_TASK);
    assertEquals(2_000, books.lost().get("disk_full"));
    assertEquals(1_000, books.captured());
    assertEquals(1_000, recordsOnDisk(rig));
  }

  /** The stage fills up long before a block does; only the interval would make room. */
  @Test
  void shouldWriteFromAStageThatIsSmallerThanABlock() throws IOException {
    CaptureRig rig = new CaptureRig(folder, 100 << 10, "flush-interval=1s");
    rig.files.become(disk);
    for (int i = 0; i < 50; i++) {
      rig.write(AICORE_TASK, 0, 1);
    }
    rig.assertLaw();
    rig.end();
    assertEquals(50_000, rig.capture.totals().captured(AICORE_TASK));
    assertEquals(List.of(), rig.verify().damages());
  }

  /** A buffer of phases is larger than a block. Such frames must not cause a segment each. */
  @Test
  void shouldRollOnlyWhereASegmentIsFull() throws IOException {
    CaptureRig rig = patientRig("flush-interval=20ms");
    CaptureIntake intake = rig.capture.intake(0);
    int bytes = (1 << 20) + 64;
    int records = bytes / SCHED_PHASE.recordBytes();
    ByteBuffer content = ByteBuffer.allocateDirect(bytes);
    for (int i = 0; i < 10; i++) {
      rig.capture.dropped(SCHED_PHASE, 0, 0, dev.sluice.abi.DropCause.HOST_LATE, 1);
      assertEquals(CaptureIntake.Room.TAKEN, intake.begin(SCHED_PHASE, 0, i, records, 1));
      intake.append(content, 0, records);
      intake.end(SCHED_PHASE, 0, 0, i, false, 1);
      rig.step();
    }
    rig.end();
    assertEquals(1, rig.capture.manifest().outcome().segments());
    assertEquals(10L * records, recordsOnDisk(rig));
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
      CaptureRig rig = rig(folder.resolve(name));
      rig.write(AICORE_TASK, 0, 3);
      rig.files.failWith(failure);
      rig.write(AICORE_TASK, 0, 50);
      rig.write(AICORE_TASK, 1, 20);
      rig.assertLaw();
      assertEquals(70_000, rig.capture.totals().lost(AICORE_TASK, reason));
      assertTrue(rig.capture.totals().errors(reason) > 0);
      rig.files.failWith(null);
      // Not immediately: the writer retries a failed disk once a second.
      rig.write(AICORE_TASK, 0, 1);
      assertEquals(71_000, rig.capture.totals().lost(AICORE_TASK, reason));
      rig.pass(SECOND);
      rig.write(AICORE_TASK, 0, 4);
      rig.write(AICORE_TASK, 1, 5);
      rig.assertLaw();
      CaptureManifest manifest = rig.end();
      assertEquals(12_000, manifest.outcome().kind(AICORE_TASK).captured());
      assertEquals(71_000, manifest.outcome().kind(AICORE_TASK).lost().get(reason.label()));
      assertGapsName(71_000, AICORE_TASK, rig.directory());
      CaptureVerifier.Result result = rig.verify();
      assertEquals(List.of(), result.damages(), name);
      assertTrue(result.isIncomplete());
    }
  }

  @Test
  void shouldLoseOnlyTheFramesOfTheWriteThatFailed() throws IOException {
    CaptureRig rig = rig();
    rig.write(AICORE_TASK, 0, 2);
    rig.files.failAfter(1, new IOException("Input/output error"));
    rig.write(AICORE_TASK, 0, 2);
    assertEquals(1_000, rig.capture.totals().lost(AICORE_TASK));
    rig.files.failWith(null);
    rig.pass(2 * SECOND);
    rig.write(AICORE_TASK, 0, 1);
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldEndOnADiskThatStaysFull() throws IOException {
    CaptureRig rig = rig();
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
    Path small = Files.createDirectory(folder.resolve("small disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small.toString()),
        "a file system of 3 MB cannot be mounted here");
    try {
      Path filler = small.resolve("filler");
      Files.write(filler, new byte[1 << 20]);
      CaptureRig rig = rig(small, "segment-bytes=1MiB", "free-space-floor=0B");
      rig.write(AICORE_TASK, 0, 100);
      rig.assertLaw();
      long lost = rig.capture.totals().lost(AICORE_TASK, LossReason.DISK_FULL);
      assertTrue(lost > 10_000, "lost " + lost);
      Files.delete(filler);
      rig.pass(2 * SECOND);
      rig.write(AICORE_TASK, 0, 10);
      assertEquals(lost, rig.capture.totals().lost(AICORE_TASK));
      rig.write(AICORE_TASK, 0, 200);
      rig.assertLaw();
      CaptureManifest manifest = rig.end();
      // The final manifest is written although the disk is full.
      assertTrue(manifest.outcome().isEnded());
      assertTrue(manifest.outcome().kind(AICORE_TASK).lost().get("disk_full") > lost);
      CaptureVerifier.Result result = rig.verify();
      assertEquals(List.of(), result.damages());
      assertTrue(result.isIncomplete());
    } finally {
      assertTrue(run("umount", small.toString()));
    }
  }

  private static boolean run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Test
  void shouldCountWhatWasInADirectoryThatSomebodyDeleted() throws IOException {
    CaptureRig rig = rig();
    rig.write(AICORE_TASK, 0, 3);
    rig.pass(2 * SECOND);
    DirectoryRemoval.remove(rig.files, rig.directory());
    rig.write(AICORE_TASK, 0, 4);
    rig.pass(2 * SECOND);
    rig.write(AICORE_TASK, 0, 5);
    rig.assertLaw();
    CaptureManifest manifest = rig.end();
    assertEquals(7_000, manifest.outcome().kind(AICORE_TASK).lost().get("io_error"));
    assertEquals(5_000, manifest.outcome().kind(AICORE_TASK).captured());
    assertTrue(rig.verify().isDamaged(), "the frames before are gone");
  }

  @Test
  void shouldSurviveADefectOfTheWriter() throws IOException {
    CaptureRig rig = rig();
    rig.write(AICORE_TASK, 0, 1);
    rig.files.breakWith(new IllegalStateException("a defect"));
    rig.write(AICORE_TASK, 0, 2);
    rig.files.breakWith(null);
    rig.pass(2 * SECOND);
    rig.write(AICORE_TASK, 0, 1);
    rig.assertLaw();
    assertTrue(rig.capture.totals().lost(AICORE_TASK, LossReason.WRITER_FAILED) >= 1_000);
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldHoldTheCollectorBackOnlyByAnswering() throws Exception {
    CaptureRig rig = rig("stall-limit=5s");
    rig.write(AICORE_TASK, 0, 1);
    rig.files.block();
    Thread writer = new Thread(rig::step);
    // The writer hangs while it writes this buffer.
    assertEquals(CaptureIntake.Room.TAKEN, rig.put(AICORE_TASK, 0));
    writer.start();
    rig.files.awaitBlocked();
    int absorbed = 0;
    while (rig.put(AICORE_TASK, 1) == CaptureIntake.Room.TAKEN) {
      absorbed++;
    }
    assertTrue(absorbed >= 30, "a stage of 1 MiB takes more than " + absorbed + " buffers");
    rig.clock.advance(4 * SECOND);
    rig.capture.watch(rig.clock.nanoTime());
    assertEquals(CaptureIntake.Room.WAIT, rig.put(AICORE_TASK, 1));
    rig.clock.advance(2 * SECOND);
    rig.capture.watch(rig.clock.nanoTime());
    // The limit of five seconds has passed: a stalled disk never blocks a device.
    assertEquals(CaptureIntake.Room.LOST, rig.put(AICORE_TASK, 1));
    assertEquals(CaptureIntake.Room.LOST, rig.put(AICORE_TASK, 2));
    rig.files.unblock();
    writer.join();
    rig.step();
    rig.capture.watch(rig.clock.nanoTime());
    rig.write(AICORE_TASK, 1, 1);
    rig.assertLaw();
    assertEquals(2_000, rig.capture.totals().lost(AICORE_TASK, LossReason.DISK_STALLED));
    rig.end();
    assertGapsName(2_000, AICORE_TASK, rig.directory());
    assertEquals(List.of(), rig.verify().damages());
  }

  /** Nothing is lost within the limit; after a minute, only what found no space. */
  @ParameterizedTest
  @ValueSource(longs = {5, 60})
  void shouldWriteEverythingThatWaitedForADiskThatHung(long seconds) throws Exception {
    CaptureRig rig = rig("stall-limit=6s");
    rig.write(AICORE_TASK, 0, 1);
    rig.files.block();
    Thread writer = new Thread(rig::step);
    assertEquals(CaptureIntake.Room.TAKEN, rig.put(AICORE_TASK, 0));
    writer.start();
    rig.files.awaitBlocked();
    int absorbed = 2;
    while (rig.put(AICORE_TASK, 1) == CaptureIntake.Room.TAKEN) {
      absorbed++;
    }
    for (int second = 0; second < seconds; second++) {
      rig.clock.advance(SECOND);
      rig.capture.watch(rig.clock.nanoTime());
    }
    int lost = 0;
    while (lost < 3 && rig.put(AICORE_TASK, 1) == CaptureIntake.Room.LOST) {
      lost++;
    }
    assertEquals(seconds > 6 ? 3 : 0, lost);
    rig.files.unblock();
    writer.join();
    rig.step();
    rig.capture.watch(rig.clock.nanoTime());
    rig.pass(SECOND);
    rig.assertLaw();
    rig.end();
    assertEquals(absorbed * 1_000L, rig.capture.totals().captured(AICORE_TASK));
    assertEquals(lost * 1_000L, rig.capture.totals().lost(AICORE_TASK, LossReason.DISK_STALLED));
    assertGapsName(lost * 1_000L, AICORE_TASK, rig.directory());
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldDiscardAtOnceWhereThatIsThePolicy() throws IOException {
    CaptureRig rig = rig("overload=discard");
    int taken = 0;
    while (rig.put(AICORE_TASK, 3) == CaptureIntake.Room.TAKEN) {
      taken++;
    }
    assertEquals(CaptureIntake.Room.LOST, rig.put(AICORE_TASK, 3));
    rig.assertLaw();
    rig.step();
    rig.write(AICORE_TASK, 3, 2);
    rig.end();
    assertEquals(2_000, rig.capture.totals().lost(AICORE_TASK, LossReason.STAGE_FULL));
    assertEquals((taken + 2) * 1_000L, rig.capture.totals().captured(AICORE_TASK));
    assertGapsName(2_000, AICORE_TASK, rig.directory());
    assertEquals(List.of(), rig.verify().damages());
  }

  /** Frames name their run, and runs their epoch, with and without an index. */
  @Test
  void shouldTellTheRecordsOfRunsApartThatOverlap() throws Exception {
    CaptureRig rig = rig();
    rig.write(AICORE_TASK, 0, 2);
    rig.capture.beginRun(1, 0x7777_8888_9999L);
    rig.ofRun(1).write(AICORE_TASK, 0, 1);
    rig.ofRun(0).write(AICORE_TASK, 0, 1);
    rig.ofRun(1).write(AICORE_TASK, 0, 1);
    rig.capture.beginRun(0, 5);
    rig.ofRun(0).write(AICORE_TASK, 0, 1);
    rig.end();
    CaptureVerifier.Result verified = rig.verify();
    assertEquals(List.of(), verified.damages());
    for (boolean hasIndex : new boolean[] {true, false}) {
      try (CaptureFrames frames = CaptureFrames.open(rig.directory())) {
        List<Integer> runs = new ArrayList<>();
        for (int frame = 0; frame < frames.frameCount(AICORE_TASK, 0); frame++) {
          runs.add(frames.run(AICORE_TASK, 0, frame));
        }
        assertEquals(List.of(1, 1, 2, 1, 2, 3), runs);
        assertEquals(0, frames.runEpoch(1));
        assertEquals(0x7777_8888_9999L, frames.runEpoch(2));
        assertEquals(5, frames.runEpoch(3));
      }
      if (hasIndex) {
        Files.delete(rig.directory().resolve("000000.idx"));
      }
    }
  }

  @Test
  void shouldKeepTheOrderOfRunsAndFrames() throws IOException {
    CaptureRig rig = rig();
    rig.put(AICORE_TASK, 0);
    rig.capture.endRun(List.of(0, 1, 0, 1, 0, -1));
    rig.capture.beginRun();
    rig.put(AICORE_TASK, 1);
    CaptureManifest manifest = rig.end();
    assertEquals(List.of(0, 1, 0, 1, 0, -1), manifest.cores().threads());
    StringBuilder order = new StringBuilder();
    try (CaptureReader reader = CaptureReader.open(rig.directory())) {
      reader.forEach(
          frame ->
              order
                  .append(frame.type())
                  .append(frame.type() == FrameType.RUN ? frame.run(0) : 0)
                  .append(' '));
    }
    assertEquals("RUN1 RECORDS0 RUN2 RECORDS0 ", order.toString());
  }

  @Test
  void shouldBeFollowedWhileItIsWritten() throws IOException {
    CaptureRig rig = rig("segment-bytes=1MiB");
    rig.write(AICORE_TASK, 0, 1);
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
        rig.write(AICORE_TASK, 0, 1);
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
    CaptureRig rig = rig();
    CaptureIntake intake = rig.capture.intake(0);
    ByteBuffer records = ByteBuffer.allocateDirect(32_000);
    Random noise = new Random(1);
    for (int at = 0; at < records.capacity(); at += Long.BYTES) {
      records.putLong(at, noise.nextLong());
    }
    Runnable one =
        () -> {
          for (int i = 0; i < 10; i++) {
            if (intake.begin(AICORE_TASK, 0, i, 1000, 1) == CaptureIntake.Room.TAKEN) {
              intake.append(records, 0, 1000);
              intake.end(AICORE_TASK, 0, 0, i, false, 1);
            }
          }
        };
    one.run();
    rig.step();
    assertEquals(0, Allocations.bytesOf(one));
    // And with a full stage.
    intake.loseWhenFull(LossReason.STAGE_FULL);
    one.run();
    one.run();
    assertEquals(0, Allocations.bytesOf(one));
    assertFalse(rig.capture.totals().lost(AICORE_TASK) == 0);
  }
}
