package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

/** Writes captures for tests, frame by frame, with the daemon's own code. */
public final class CaptureBuilder implements AutoCloseable {
  private final Path directory;
  private final CaptureFiles files = new DiskFiles();
  private final SegmentSupply supply;
  private final ByteBuffer block = BlockFile.allocate();
  private final SegmentIndex.Builder index = new SegmentIndex.Builder();
  private final Map<BufferKind, Long> captured = new HashMap<>();
  private final Map<BufferKind, Map<String, Long>> dropped = new HashMap<>();
  private final Map<BufferKind, Map<String, Long>> lost = new HashMap<>();
  private final Checksum checksum = new Checksum();
  private final RecordCodec[] codecs;
  private CaptureManifest manifest;
  private SegmentWriter segment;
  private int frames;
  private int segments;
  private long payloadEnd;

  public CaptureBuilder(Path directory, CaptureManifest manifest) throws IOException {
    this.directory = directory;
    this.manifest = manifest;
    this.codecs = manifest.format().codecs();
    this.supply =
        new SegmentSupply(
            TestSettings.with("sluice.capture.directory=" + directory.toAbsolutePath().getParent())
                .capture(),
            files);
    Files.createDirectories(directory);
    writeManifest();
    open();
  }

  /** Returns the manifest of a running synthetic capture. */
  public static CaptureManifest manifest(
      String layoutId, int cores, int schedThreads, int orchThreads, int level) {
    Layout layout = Layout.parse(layoutId);
    return new CaptureManifest(
        CaptureManifest.Format.of(layout),
        new UUID(0x0123_4567_89AB_CDEFL, 0xFEDC_BA98_7654_3210L),
        new CaptureManifest.Origin("0.1.0-test", "test-host", 0, 1, "test producer"),
        new Geometry(layout, cores, schedThreads, orchThreads, level),
        LayoutOverrides.NONE,
        new CaptureManifest.Cores(
            IntStream.range(0, cores)
                .mapToObj(core -> core < Math.max(1, cores / 3) ? "aic" : "aiv")
                .toList(),
            IntStream.range(0, cores).map(core -> core % schedThreads).boxed().toList()),
        new CaptureManifest.Clock(
            Instant.parse("2026-09-01T12:00:00Z"), 1_000_000, layout.platform().clockHz()),
        Optional.of(new SyntheticContent.Recipe(1, 1_000_000, 1_000, true)),
        CaptureManifest.Outcome.running(),
        Optional.empty());
  }

  /** Returns the same manifest for a producer whose records cannot be recomputed. */
  static CaptureManifest withoutContent(CaptureManifest m) {
    return new CaptureManifest(
        m.format(),
        m.id(),
        m.origin(),
        m.geometry(),
        m.overrides(),
        m.cores(),
        m.clock(),
        Optional.empty(),
        m.outcome(),
        m.snapshot());
  }

  /** Appends a RECORDS frame. */
  public CaptureBuilder records(
      BufferKind kind, int instance, int queue, int sequence, long hostTimeNs, ByteBuffer records)
      throws IOException {
    return records(kind, instance, queue, sequence, hostTimeNs, false, records);
  }

  /** Appends a RECORDS frame. */
  public CaptureBuilder records(
      BufferKind kind,
      int instance,
      int queue,
      int sequence,
      long hostTimeNs,
      boolean isSalvaged,
      ByteBuffer records)
      throws IOException {
    int recordBytes = records.remaining();
    int count = recordBytes / kind.recordBytes();
    RecordCodec codec = codecs[kind.ordinal()];
    ByteBuffer source =
        ByteBuffer.allocateDirect(recordBytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(0, records, records.position(), recordBytes);
    ByteBuffer payload =
        ByteBuffer.allocateDirect(codec.maxBytes(count)).order(ByteOrder.LITTLE_ENDIAN);
    codec.begin(payload, 0, 0, count);
    codec.append(source, 0, count);
    int bytes = codec.end();
    return payload(
        kind, instance, queue, sequence, hostTimeNs, isSalvaged, count, payload.limit(bytes));
  }

  /** Appends a RECORDS frame with an arbitrary payload. */
  CaptureBuilder payload(
      BufferKind kind,
      int instance,
      int queue,
      int sequence,
      long hostTimeNs,
      boolean isSalvaged,
      int count,
      ByteBuffer payload)
      throws IOException {
    int bytes = payload.remaining();
    ByteBuffer frame = frame(bytes);
    frame.put(FrameHeader.SIZE_BYTES, payload, 0, bytes);
    FrameHeader.begin(
        frame,
        0,
        FrameType.RECORDS,
        isSalvaged ? FrameHeader.FLAG_SALVAGED : 0,
        kind.ordinal(),
        0,
        instance,
        queue,
        sequence,
        count,
        hostTimeNs,
        (long) count * kind.recordBytes(),
        bytes,
        checksum.of(frame, FrameHeader.SIZE_BYTES, bytes));
    captured.merge(kind, (long) count, Long::sum);
    payloadEnd = segment.bytes() + FrameHeader.SIZE_BYTES + bytes;
    return append(frame);
  }

  /** Appends a GAP frame of a device-side drop; instance -1 if unknown. */
  public CaptureBuilder drop(BufferKind kind, int instance, DropCause cause, long count, long ns)
      throws IOException {
    dropped.computeIfAbsent(kind, k -> new HashMap<>()).merge(cause.label(), count, Long::sum);
    return gap(kind, instance, cause.ordinal(), count, ns);
  }

  /** Appends a GAP frame of records that the capture lost. */
  public CaptureBuilder lost(BufferKind kind, int instance, LossReason reason, long count, long ns)
      throws IOException {
    lost.computeIfAbsent(kind, k -> new HashMap<>()).merge(reason.label(), count, Long::sum);
    return gap(kind, instance, FrameHeader.FIRST_LOSS_REASON + reason.ordinal(), count, ns);
  }

  /** Returns the segment offset at which the payload of the last RECORDS frame ends. */
  long payloadEnd() {
    return payloadEnd;
  }

  private CaptureBuilder gap(BufferKind kind, int instance, int reason, long count, long ns)
      throws IOException {
    ByteBuffer frame = frame(0);
    FrameHeader.begin(
        frame, 0, FrameType.GAP, 0, kind.ordinal(), reason, instance, -1, 0, 0, ns, count, 0, 0);
    return append(frame);
  }

  /**
   * Appends a STALL frame: the device waited {@code times} times, {@code waitedNs} in all.
   *
   * @param kind of the pool without an empty buffer; null for a full ready queue of a thread
   */
  public CaptureBuilder stall(
      BufferKind kind, int instance, int times, long waitedNs, long hostTimeNs) throws IOException {
    ByteBuffer frame = frame(0);
    FrameHeader.begin(
        frame,
        0,
        FrameType.STALL,
        0,
        kind == null ? FrameHeader.NO_KIND : kind.ordinal(),
        kind == null ? 0 : 1,
        instance,
        kind == null ? instance : -1,
        0,
        times,
        hostTimeNs,
        waitedNs,
        0,
        0);
    return append(frame);
  }

  /** Appends a RUN frame. */
  public CaptureBuilder run(int number, long hostTimeNs) throws IOException {
    ByteBuffer frame = frame(0);
    FrameHeader.begin(
        frame,
        0,
        FrameType.RUN,
        0,
        FrameHeader.NO_KIND,
        0,
        FrameHeader.NO_INSTANCE,
        -1,
        0,
        0,
        hostTimeNs,
        number,
        0,
        0);
    return append(frame);
  }

  private static ByteBuffer frame(int payloadBytes) {
    return ByteBuffer.allocate(FrameHeader.frameBytes(payloadBytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private CaptureBuilder append(ByteBuffer frame) throws IOException {
    frames += segment.append(frame, 0, frame.capacity(), frames);
    return this;
  }

  /** Seals the segment and starts another one. */
  public CaptureBuilder roll() throws IOException {
    seal();
    open();
    return this;
  }

  private void open() throws IOException {
    Path path = directory.resolve(CaptureFormat.segmentName(segments));
    segment =
        new SegmentWriter(files, supply, path, manifest.id(), segments, 1_000_000, index, block);
    segments++;
  }

  private void seal() throws IOException {
    segment.seal(frames, 1_000_000, false);
  }

  /** Returns the bytes of the segment so far. */
  public long bytes() {
    return segment.bytes();
  }

  /** Stops as if the writer had been killed. */
  public void kill() throws IOException {
    segment.flush();
    segment.abandon();
    segment = null;
  }

  /** Replaces the manifest that {@link #close} writes. */
  public CaptureBuilder manifest(CaptureManifest newManifest) {
    manifest = newManifest;
    return this;
  }

  /** Seals the last segment and writes the manifest, with books that match the frames. */
  @Override
  public void close() throws IOException {
    if (segment == null) {
      return;
    }
    seal();
    segment = null;
    Map<BufferKind, CaptureManifest.KindBooks> kinds = new HashMap<>();
    for (BufferKind kind : BufferKind.TIMED) {
      long records = captured.getOrDefault(kind, 0L);
      Map<String, Long> ofDevice = dropped.getOrDefault(kind, Map.of());
      Map<String, Long> ofCapture = lost.getOrDefault(kind, Map.of());
      long collected = records + ofCapture.values().stream().mapToLong(Long::longValue).sum();
      long produced = collected + ofDevice.values().stream().mapToLong(Long::longValue).sum();
      kinds.put(
          kind,
          new CaptureManifest.KindBooks(
              produced, collected, records, ofCapture, ofDevice, 0, 0, 0, 0, 0));
    }
    if (!manifest.outcome().isEnded()) {
      manifest =
          manifest.with(
              new CaptureManifest.Outcome(
                  "detached",
                  Optional.of(manifest.clock().startedAt().plusSeconds(1)),
                  kinds,
                  frames,
                  segments,
                  0,
                  ""));
    }
    writeManifest();
  }

  private void writeManifest() throws IOException {
    files.replace(
        directory.resolve(CaptureFormat.MANIFEST),
        ByteBuffer.wrap(ManifestFile.bytes(manifest)),
        false);
  }

  /** Returns records of zeros, for tests that do not need content. */
  public static ByteBuffer zeros(BufferKind kind, int records) {
    return ByteBuffer.allocate(kind.recordBytes() * records).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns the files of a capture by name. */
  public static List<Path> files(Path directory) throws IOException {
    try (var all = Files.list(directory)) {
      return all.sorted().toList();
    }
  }
}
