package dev.sluice.output.capture;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.DropCause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureRetentionTest {
  private static final int STAGE_BYTES = 1 << 20;
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  @TempDir private Path root;

  private CaptureRetention retention(CaptureRig rig) {
    return new CaptureRetention(rig.settings, rig.files, rig.supply, -2 * HOUR_NANOS);
  }

  /** Runs a round in which both clocks have run evenly for a long time. */
  private static void enforce(CaptureRetention retention, List<Capture> live, long nowMillis)
      throws IOException {
    retention.enforce(live, nowMillis, nowMillis * 1_000_000);
  }

  private static List<Integer> segments(Path directory) throws IOException {
    return StoredCapture.of(directory).segments().stream()
        .map(StoredCapture.Segment::number)
        .toList();
  }

  /** Writes up to {@code closed} closed segments of about 1 MiB, in order, and an open one. */
  private static void fill(CaptureRig rig, int closed) throws IOException {
    while (!segments(rig.directory()).contains(closed)) {
      rig.write(AICORE_TASK, 0, 1);
    }
    for (StoredCapture.Segment segment : StoredCapture.of(rig.directory()).segments()) {
      Files.setLastModifiedTime(
          segment.file(), FileTime.fromMillis(1_000_000L + 1_000L * segment.number()));
    }
  }

  private CaptureRig rig(String... settings) throws IOException {
    List<String> all = new ArrayList<>(List.of("segment-bytes=1MiB", "free-space-floor=0B"));
    all.add("retention-age=3650d");
    all.addAll(List.of(settings));
    CaptureRig rig = new CaptureRig(root, STAGE_BYTES, all.toArray(String[]::new));
    rig.write(AICORE_TASK, 0, 1);
    return rig;
  }

  @Test
  void shouldRemoveTheOldestSegmentsAndNeverTheOpenOne() throws IOException {
    CaptureRig rig = rig("retention-bytes=3100KiB");
    fill(rig, 5);
    CaptureRetention retention = retention(rig);
    enforce(retention, List.of(rig.capture), 2_000_000);
    // The open one is small; two of almost 1 MiB and one spare fit in addition.
    assertEquals(List.of(3, 4, 5), segments(rig.directory()));
    assertTrue(retention.retainedBytes() <= 3100 << 10);
    CaptureManifest manifest = rig.end();
    assertEquals(3, manifest.outcome().removedSegments());
    assertTrue(manifest.outcome().kind(AICORE_TASK).removed() > 90_000);
    // Removal by retention is not a loss.
    CaptureVerifier.Result result = rig.verify();
    assertEquals(List.of(), result.damages());
    assertEquals(List.of(), result.losses());
    assertTrue(result.notes().get(0).contains("removed by retention"));
  }

  @Test
  void shouldNotTouchTheOpenSegmentWhateverTheBounds() throws IOException {
    CaptureRig rig = rig("retention-bytes=1MiB", "retention-age=1s");
    rig.write(AICPU_TASK, 0, 20);
    enforce(retention(rig), List.of(rig.capture), System.currentTimeMillis() + 1_000_000);
    assertEquals(List.of(0), segments(rig.directory()));
    rig.write(AICPU_TASK, 0, 20);
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldRemoveWhatIsTooOldAndACaptureThatIsEmptyThen() throws IOException {
    CaptureRig rig = rig("retention-age=100s");
    fill(rig, 3);
    rig.end();
    Files.setLastModifiedTime(
        rig.directory().resolve("000003.seg"), FileTime.fromMillis(1_003_000));
    CaptureRetention retention = retention(rig);
    enforce(retention, List.of(), 1_101_500);
    assertEquals(List.of(2, 3), segments(rig.directory()));
    CaptureVerifier.Result result = rig.verify();
    assertEquals(List.of(), result.damages());
    enforce(retention, List.of(), 1_200_000);
    assertFalse(Files.exists(rig.directory()));
    assertEquals(0, retention.retainedBytes());
  }

  /** The manifest is final before the retention round that started earlier ends. */
  @Test
  void shouldLeaveACaptureAloneWhileItsLastManifestIsWritten() throws IOException {
    CaptureRig rig = rig("retention-bytes=1MiB");
    fill(rig, 3);
    rig.end();
    CaptureRetention retention = retention(rig);
    enforce(retention, List.of(rig.capture), 2_000_000);
    assertEquals(List.of(), rig.verify().damages());
    assertEquals(List.of(0, 1, 2, 3), segments(rig.directory()));
    enforce(retention, List.of(), 2_001_000);
    assertEquals(List.of(), rig.verify().damages());
    assertTrue(segments(rig.directory()).size() < 4);
  }

  @Test
  void shouldGoOnPastACaptureThatCannotBeRemoved() throws IOException {
    CaptureRig rig = rig("retention-bytes=8MiB");
    fill(rig, 3);
    rig.end();
    Path stuck = Files.move(rig.directory(), root.resolve("00-of-root"));
    rig.files.pin(stuck);
    CaptureRig next = new CaptureRig(root, STAGE_BYTES, "segment-bytes=1MiB");
    next.write(AICORE_TASK, 0, 1);
    fill(next, 3);
    next.end();
    for (StoredCapture.Segment segment : StoredCapture.of(next.directory()).segments()) {
      Files.setLastModifiedTime(segment.file(), FileTime.fromMillis(1_500_000));
    }
    CaptureRetention retention = retention(rig);
    enforce(retention, List.of(), 2_000_000);
    assertEquals(List.of(0, 1, 2, 3), segments(stuck));
    assertTrue(segments(next.directory()).size() < 4, "the other one pays for it");
    assertEquals(List.of(), next.verify().damages());
    assertEquals(1, retention.failures());
    assertTrue(retention.retainedBytes() > 3 << 20, "what could not go is counted");
    rig.files.pin(null);
    enforce(retention, List.of(), 2_001_000);
    assertEquals(1, retention.failures());
  }

  @Test
  void shouldTakeBackTheNoteOfASegmentThatCouldNotBeRemoved() throws IOException {
    CaptureRig rig = rig("retention-bytes=1MiB");
    fill(rig, 3);
    rig.files.pin(rig.directory());
    enforce(retention(rig), List.of(rig.capture), 2_000_000);
    rig.files.pin(null);
    assertEquals(0, rig.end().outcome().removedSegments());
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldHoldTheOtherBoundsWhereTheFreeSpaceIsUnknown() throws IOException {
    CaptureRig rig = rig("retention-bytes=3100KiB", "free-space-floor=1GiB");
    fill(rig, 5);
    rig.files.hideSpace(new IOException("Mount point not found"));
    enforce(retention(rig), List.of(rig.capture), 2_000_000);
    assertEquals(List.of(3, 4, 5), segments(rig.directory()));
  }

  @Test
  void shouldNotRemoveByAgeAfterAStepOfTheWallClock() throws IOException {
    CaptureRig rig = rig("retention-age=100s");
    fill(rig, 3);
    rig.end();
    Files.setLastModifiedTime(
        rig.directory().resolve("000003.seg"), FileTime.fromMillis(1_003_000));
    CaptureRetention retention = new CaptureRetention(rig.settings, rig.files, rig.supply, 0);
    // Eight days ahead at the start: the files may be that old, or the clock may be wrong.
    long ahead = 1_000_000 + 8 * 86_400_000L;
    retention.enforce(List.of(), ahead, 50_000_000_000L);
    assertEquals(4, segments(rig.directory()).size());
    // The clock steps later.
    retention.enforce(List.of(), 1_010_000, 150_000_000_000L);
    retention.enforce(List.of(), ahead, 151_000_000_000L);
    retention.enforce(List.of(), ahead + 99_000, 250_000_000_000L);
    assertEquals(4, segments(rig.directory()).size());
    retention.enforce(List.of(), ahead + 100_000, 251_000_000_000L);
    assertFalse(Files.exists(rig.directory()));
  }

  @Test
  void shouldNotRemoveALaterSegmentBeforeAnEarlierOne() throws IOException {
    CaptureRig rig = rig("retention-bytes=3100KiB");
    fill(rig, 5);
    // The clock was set back after the first two segments.
    Files.setLastModifiedTime(
        rig.directory().resolve("000000.seg"), FileTime.fromMillis(1_900_000));
    enforce(retention(rig), List.of(rig.capture), 2_000_000);
    assertEquals(List.of(3, 4, 5), segments(rig.directory()));
  }

  @Test
  void shouldFreeSpaceWhenTheFileSystemIsTight() throws IOException {
    CaptureRig rig = rig("free-space-floor=2MiB");
    fill(rig, 4);
    rig.files.usable(1L << 20);
    enforce(retention(rig), List.of(rig.capture), 2_000_000);
    // One MiB is missing: one segment of slightly less does not suffice.
    assertEquals(List.of(2, 3, 4), segments(rig.directory()));
    // Their files are deleted, not kept for reuse.
    assertFalse(Files.exists(root.resolve(".spare/1.spare")));
  }

  /** Spare files go before any record does. */
  @Test
  void shouldGiveUpSparesBeforeCaptures() throws IOException {
    CaptureRig rig = rig("free-space-floor=1MiB");
    fill(rig, 4);
    rig.supply.retire(Files.write(root.resolve("old.seg"), new byte[1 << 20]));
    assertTrue(Files.exists(root.resolve(".spare/1.spare")));
    List<Integer> all = segments(rig.directory());
    // With the spares, half a MiB is missing.
    rig.files.capacity(root, FaultyFiles.filledBytes(root) + (1 << 19));
    enforce(retention(rig), List.of(rig.capture), 2_000_000);
    assertFalse(Files.exists(root.resolve(".spare/1.spare")));
    assertEquals(all, segments(rig.directory()));
  }

  @Test
  void shouldWriteOverTheFilesOfRemovedSegments() throws IOException {
    CaptureRig rig = rig("retention-bytes=3100KiB");
    fill(rig, 4);
    enforce(retention(rig), List.of(rig.capture), 2_000_000);
    // The spare counts towards the limit.
    assertEquals(List.of(2, 3, 4), segments(rig.directory()));
    assertTrue(Files.exists(root.resolve(".spare/1.spare")));
    fill(rig, 7);
    assertFalse(Files.exists(root.resolve(".spare/1.spare")));
    rig.end();
    CaptureVerifier.Result result = rig.verify();
    assertEquals(List.of(), result.damages());
  }

  @Test
  void shouldKeepOnlyTheLastPartOfASessionWhenRecording() throws IOException {
    CaptureRig rig = rig("recorder.enabled=true", "recorder.bytes=2MiB");
    fill(rig, 6);
    enforce(retention(rig), List.of(rig.capture), 1_006_000);
    assertEquals(List.of(4, 5, 6), segments(rig.directory()));
    rig.write(AICPU_TASK, 0, 1);
    rig.end();
    assertEquals(List.of(), rig.verify().damages());
  }

  @Test
  void shouldTurnTheRecorderByAge() throws IOException {
    CaptureRig rig = rig("recorder.enabled=true", "recorder.age=80s");
    for (int i = 0; i < 6; i++) {
      rig.write(AICPU_TASK, 0, 1);
      rig.pass(11_000_000_000L);
    }
    // A segment closes after an eighth of the age, so that it can be removed in time.
    assertEquals(6, segments(rig.directory()).size());
    fill(rig, 7);
    enforce(retention(rig), List.of(rig.capture), 1_083_000);
    assertEquals(3, segments(rig.directory()).get(0));
  }

  @Test
  void shouldSnapshotTheLastMoments() throws IOException, InterruptedException {
    CaptureRig rig = rig("snapshot.before=30s");
    for (int i = 0; i < 4; i++) {
      rig.write(AICPU_TASK, 0, 40);
      rig.clock.advance(20_000_000_000L);
    }
    CaptureRetention retention = retention(rig);
    CaptureSnapshots snapshots =
        new CaptureSnapshots(rig.settings, rig.files, retention, rig.clock::nanoTime);
    Path[] taken = new Path[1];
    try (Stepping ignored = new Stepping(rig)) {
      taken[0] = snapshots.take(rig.capture, "slow step");
    }
    assertTrue(taken[0].getFileName().toString().endsWith("-slow_step"));
    try (CaptureReader reader = CaptureReader.open(taken[0])) {
      CaptureManifest.Snapshot snapshot = reader.manifest().snapshot().orElseThrow();
      assertEquals("slow step", snapshot.reason());
      long[] first = {Long.MAX_VALUE};
      reader.forEach(frame -> first[0] = Math.min(first[0], frame.hostTimeNs()));
      assertTrue(first[0] <= snapshot.fromNs(), "everything of the window is in it");
      CaptureVerifier.Result result = CaptureVerifier.verify(reader);
      assertEquals(List.of(), result.damages());
      assertTrue(result.frames() >= 40);
    }
    assertEquals(2, CaptureCatalog.list(root).size());
  }

  /** Steps the rig's writer on a thread, because a snapshot waits for it; ends on close. */
  private static final class Stepping implements AutoCloseable {
    private final Thread writer;
    private volatile boolean isStopped;

    Stepping(CaptureRig rig) {
      writer =
          new Thread(
              () -> {
                while (!isStopped) {
                  rig.capture.doWork();
                  Thread.onSpinWait();
                }
              });
      writer.setDaemon(true);
      writer.start();
    }

    @Override
    public void close() throws InterruptedException {
      isStopped = true;
      writer.join();
    }
  }

  @Test
  void shouldKeepWhatASnapshotHoldsFromBeingWrittenOver() throws IOException, InterruptedException {
    CaptureRig rig = rig("snapshot.before=1h", "retention-bytes=1MiB");
    rig.write(AICPU_TASK, 0, 100);
    CaptureRetention retention = retention(rig);
    CaptureSnapshots snapshots =
        new CaptureSnapshots(rig.settings, rig.files, retention, rig.clock::nanoTime);
    Path taken;
    try (Stepping ignored = new Stepping(rig)) {
      taken = snapshots.take(rig.capture, "command");
    }
    enforce(retention, List.of(rig.capture), System.currentTimeMillis());
    rig.write(AICPU_TASK, 0, 200);
    try (CaptureReader reader = CaptureReader.open(taken)) {
      assertEquals(List.of(), CaptureVerifier.verify(reader).damages());
    }
  }

  @Test
  @DisplayName(
      "A drop and a stall have the time at which they were noticed, however late the writer")
  void shouldNoteWhenADropWasNoticed() throws IOException {
    CaptureRig rig = rig();
    long noticedNs = rig.clock.nanoTime();
    rig.capture.dropped(AICPU_TASK, 0, 0, DropCause.HOST_LATE, 7);
    rig.capture.waitedForQueue(0, 1, 1_000);
    rig.clock.advance(600_000_000);
    rig.step();
    rig.end();
    List<Long> times = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(rig.directory())) {
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.GAP || frame.type() == FrameType.STALL) {
              times.add(frame.hostTimeNs());
            }
          });
    }
    assertEquals(List.of(noticedNs, noticedNs), times);
  }

  @Test
  void shouldTakeOneSnapshotAroundADrop() throws IOException {
    CaptureRig rig = rig("recorder.enabled=true", "snapshot.after=5s");
    rig.capture.dropped(AICPU_TASK, 0, 0, DropCause.HOST_LATE, 7);
    rig.capture.dropped(AICPU_TASK, 0, 0, DropCause.HOST_LATE, 8);
    assertFalse(rig.capture.pollSnapshotDue(rig.clock.nanoTime(), false));
    rig.clock.advance(5_000_000_000L);
    assertTrue(rig.capture.pollSnapshotDue(rig.clock.nanoTime(), false));
    assertFalse(rig.capture.pollSnapshotDue(rig.clock.nanoTime(), false));
    rig.capture.dropped(AICPU_TASK, 0, 0, DropCause.HOST_LATE, 1);
    assertTrue(rig.capture.pollSnapshotDue(rig.clock.nanoTime(), true), "the session ends");
    rig.step();
    rig.end();
    long[] drops = new long[1];
    try (CaptureReader reader = CaptureReader.open(rig.directory())) {
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.GAP) {
              assertTrue(frame.isDeviceLoss());
              assertEquals("host_late", frame.cause());
              drops[0] += frame.count();
            }
          });
    }
    assertEquals(16, drops[0]);
  }

  @Test
  void shouldTakeOneSnapshotForEachSpanOfAStorm() throws IOException, InterruptedException {
    CaptureRig rig = rig("recorder.enabled=true", "snapshot.before=800ms", "snapshot.after=200ms");
    List<Capture> live = List.of(rig.capture);
    try (Stepping ignored = new Stepping(rig);
        CaptureKeeper keeper =
            new CaptureKeeper(
                rig.settings,
                rig.files,
                rig.supply,
                () -> live,
                CaptureThreads.AS_THEY_ARE,
                rig.clock::nanoTime)) {
      for (int tick = 0; tick < 100; tick++) {
        rig.capture.dropped(AICPU_TASK, 0, 0, DropCause.HOST_LATE, 1);
        rig.clock.advance(100_000_000L);
        keeper.doRound();
      }
    }
    rig.step();
    // Ten seconds of drops: the first snapshot after 0.2 s, then one a second.
    assertEquals(10, CaptureCatalog.list(root).size() - 1);
    assertEquals(11, segments(rig.directory()).size());
  }

  @Test
  void shouldSealNothingForASnapshotWhenNothingCame() throws IOException, InterruptedException {
    CaptureRig rig = rig();
    CaptureSnapshots snapshots =
        new CaptureSnapshots(rig.settings, rig.files, retention(rig), rig.clock::nanoTime);
    try (Stepping ignored = new Stepping(rig)) {
      for (int i = 0; i < 5; i++) {
        snapshots.take(rig.capture, "command");
        rig.clock.advance(1_000_000_000L);
      }
    }
    assertEquals(List.of(0), segments(rig.directory()));
  }

  @Test
  void shouldRetainSnapshotsByTheirOwnBounds() throws IOException, InterruptedException {
    CaptureRig rig = rig("snapshot.retention-bytes=1MiB", "snapshot.before=1h");
    rig.write(AICPU_TASK, 0, 60);
    CaptureRetention retention = retention(rig);
    CaptureSnapshots snapshots =
        new CaptureSnapshots(rig.settings, rig.files, retention, rig.clock::nanoTime);
    Path first;
    Path second;
    try (Stepping ignored = new Stepping(rig)) {
      first = snapshots.take(rig.capture, "first");
      second = snapshots.take(rig.capture, "second");
    }
    enforce(retention, List.of(rig.capture), System.currentTimeMillis());
    assertFalse(Files.exists(first));
    assertFalse(Files.exists(second), "alone it is too large as well");
    assertTrue(Files.exists(rig.directory()));
  }

  @Test
  void shouldNameFilesWithAsciiDigits() {
    Locale before = Locale.getDefault();
    try {
      for (String tag : List.of("ar-EG", "fa-IR", "hi-IN-u-nu-deva", "th-TH-u-nu-thai")) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        assertEquals("000007.seg", CaptureFormat.segmentName(7), tag);
        assertEquals("000007.idx", CaptureFormat.indexName(7), tag);
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void shouldNameDirectoriesAfterTheSession() {
    CaptureManifest manifest = CaptureBuilder.manifest("l2-2026.06/a2a3", 3, 1, 0, 1);
    assertEquals("20260901-120000.000-d0-s1-test_producer", CaptureStore.name(manifest));
    assertNotNull(LossReason.of(new IOException((String) null)));
    assertNull(FrameType.ofNumber(0));
  }
}
