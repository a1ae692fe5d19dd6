package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.config.CaptureSettings;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.SyntheticRecords;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A capture without threads: the test acts as the collector and steps the writer, with a manual
 * clock. Records are noise, so that frames do not compress, or the content that the manifest
 * declares.
 */
public final class CaptureRig {
  /** Records per buffer put. */
  public static final int RECORDS = 1000;

  final ManualClock clock = new ManualClock();
  final FaultyFiles files = new FaultyFiles();
  final CaptureSettings settings;
  final SegmentSupply supply;
  final CaptureManifest manifest;
  final Capture capture;
  private final SyntheticRecords content;
  private final Random noise = new Random(1);
  private int place;
  private final Map<Integer, Integer> sequences = new HashMap<>();
  private final long[] collected = new long[BufferKind.COUNT];
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(RECORDS * 64).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * @param overrides of {@code sluice.capture}, without the prefix
   */
  public CaptureRig(Path root, int stageBytes, String... overrides) {
    this(false, root, stageBytes, overrides);
  }

  /** Returns a rig whose records a verifier can recompute. */
  static CaptureRig synthetic(Path root, int stageBytes, String... overrides) {
    return new CaptureRig(true, root, stageBytes, overrides);
  }

  private CaptureRig(boolean isSynthetic, Path root, int stageBytes, String... overrides) {
    List<String> all =
        new ArrayList<>(
            List.of("sluice.capture.directory=" + root, "sluice.capture.flush-interval=0s"));
    for (String override : overrides) {
      all.add("sluice.capture." + override);
    }
    settings = TestSettings.with(all.toArray(String[]::new)).capture();
    supply = new SegmentSupply(settings, files);
    CaptureManifest promised = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    manifest = isSynthetic ? promised : CaptureBuilder.withoutContent(promised);
    Geometry geometry = manifest.geometry();
    content =
        isSynthetic ? new SyntheticRecords(geometry, manifest.synthetic().orElseThrow()) : null;
    capture =
        new Capture(
            files,
            supply,
            root.resolve("capture"),
            manifest,
            settings,
            List.of(
                new CaptureStage(
                    ByteBuffer.allocateDirect(stageBytes),
                    CaptureIntake.largestClaimBytes(geometry))),
            clock::nanoTime);
    capture.beginRun();
  }

  /** Returns a capture for an engine with its own geometry. */
  public static Capture captureFor(Geometry geometry, Path root, int stageBytes) {
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    CaptureSettings settings =
        TestSettings.with("sluice.capture.directory=" + root, "sluice.capture.flush-interval=0s")
            .capture();
    CaptureFiles files = new DiskFiles();
    return new Capture(
        files,
        new SegmentSupply(settings, files),
        root.resolve("capture"),
        new CaptureManifest(
            manifest.format(),
            manifest.id(),
            manifest.origin(),
            geometry,
            manifest.overrides(),
            manifest.cores(),
            manifest.clock(),
            java.util.Optional.empty(),
            manifest.outcome(),
            manifest.snapshot()),
        settings,
        List.of(
            new CaptureStage(
                ByteBuffer.allocateDirect(stageBytes), CaptureIntake.largestClaimBytes(geometry))),
        System::nanoTime);
  }

  /** Steps a capture's writer once. */
  public static int step(Capture capture) {
    return capture.doWork();
  }

  /** Returns the capture under test. */
  public Capture capture() {
    return capture;
  }

  Path directory() {
    return capture.directory();
  }

  /** Offers one buffer like a collector; after WAIT the next call offers it again. */
  CaptureIntake.Room put(BufferKind kind, int instance) {
    int pool = place << 24 | kind.ordinal() << 16 | instance;
    int sequence = sequences.getOrDefault(pool, 0);
    CaptureIntake intake = capture.intake(0).ofRun(place);
    CaptureIntake.Room room = intake.begin(kind, instance, sequence, RECORDS, clock.nanoTime());
    if (room == CaptureIntake.Room.WAIT) {
      return room;
    }
    if (room == CaptureIntake.Room.TAKEN) {
      fill(kind, instance, (long) sequence * RECORDS);
      // In two pieces, like a buffer with a hole.
      int cut = 300;
      intake.append(buffer, 0, cut);
      intake.append(buffer, cut * kind.recordBytes(), RECORDS - cut);
      intake.end(kind, instance, 0, sequence, false, clock.nanoTime());
    }
    sequences.put(pool, sequence + 1);
    collected[kind.ordinal()] += RECORDS;
    return room;
  }

  private void fill(BufferKind kind, int instance, long first) {
    if (content != null) {
      for (int i = 0; i < RECORDS; i++) {
        content.write(kind, instance, first + i, buffer, i * kind.recordBytes());
      }
    } else {
      for (int at = 0; at < RECORDS * kind.recordBytes(); at += Long.BYTES) {
        buffer.putLong(at, noise.nextLong());
      }
    }
  }

  /** Switches to the run at this place; each run has its own sequence numbers. */
  CaptureRig ofRun(int placeOfRun) {
    place = placeOfRun;
    return this;
  }

  /** Puts and writes buffers one by one. */
  void write(BufferKind kind, int instance, int buffers) {
    for (int i = 0; i < buffers; i++) {
      assertEquals(CaptureIntake.Room.TAKEN, put(kind, instance));
      step();
    }
  }

  /** Steps the writer until it is idle. */
  void step() {
    while (capture.doWork() > 0) {
      // Each call does a bounded amount of work.
    }
  }

  void pass(long nanos) {
    clock.advance(nanos);
    step();
  }

  /** Ends the capture with the books of a device that produced exactly what was collected. */
  CaptureManifest end() throws IOException {
    Map<BufferKind, DeviceBooks> books = new HashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      long records = collected[kind.ordinal()];
      books.put(kind, new DeviceBooks(records, records, Map.of(), 0, 0, 0, 0));
    }
    capture.books(books);
    capture.end("detached", Instant.parse("2026-09-01T12:01:00Z"));
    step();
    try (CaptureReader reader = CaptureReader.open(directory())) {
      return reader.manifest();
    }
  }

  CaptureVerifier.Result verify() throws IOException {
    try (CaptureReader reader = CaptureReader.open(directory())) {
      return CaptureVerifier.verify(reader);
    }
  }

  /** Returns the records of a kind collected so far. */
  long collected(BufferKind kind) {
    return collected[kind.ordinal()];
  }

  /** Asserts the capture's half of the accounting law at this moment. */
  void assertLaw() {
    CaptureTotals totals = capture.totals();
    for (BufferKind kind : BufferKind.ALL) {
      assertEquals(
          collected(kind),
          totals.captured(kind) + totals.lost(kind) + totals.staged(kind),
          kind.label());
    }
  }
}
