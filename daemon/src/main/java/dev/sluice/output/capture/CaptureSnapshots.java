package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.config.CaptureSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Takes snapshots of running captures: hard links to the most recent sealed segments, which take no
 * space or time, and a separate manifest. Any thread.
 */
final class CaptureSnapshots {
  private static final DateTimeFormatter NAME_TIME =
      DateTimeFormatter.ofPattern("HHmmss.SSS").withZone(ZoneOffset.UTC);
  private static final long ROLL_TIMEOUT_NANOS = 10_000_000_000L;

  private volatile CaptureSettings settings;
  private final CaptureFiles files;
  private final CaptureRetention retention;
  private final LongSupplier clock;

  CaptureSnapshots(
      CaptureSettings settings,
      CaptureFiles files,
      CaptureRetention retention,
      LongSupplier clock) {
    this.settings = settings;
    this.files = files;
    this.retention = retention;
    this.clock = clock;
  }

  /** Takes effect with the next snapshot. Any thread. */
  void apply(CaptureSettings next) {
    settings = next;
  }

  /** Returns the directory of the snapshot. */
  Path take(Capture capture, String reason) throws IOException {
    long nowNs = clock.getAsLong();
    long window =
        settings.snapshots().beforeNanos()
            + (reason.equals("drop") ? settings.snapshots().afterNanos() : 0);
    if (!capture.roll(ROLL_TIMEOUT_NANOS)) {
      throw new IOException("timed out closing the segment of " + capture.directory());
    }
    Instant takenAt = Instant.now();
    CaptureManifest manifest = capture.manifest();
    synchronized (retention) {
      Path target = target(capture, takenAt, reason);
      while (Files.exists(target)) {
        // Two snapshots within a millisecond.
        takenAt = takenAt.plusMillis(1);
        target = target(capture, takenAt, reason);
      }
      link(capture, target, manifest, nowNs - window, reason, takenAt, nowNs);
      return target;
    }
  }

  private Path target(Capture capture, Instant takenAt, String reason) {
    return settings
        .directory()
        .resolve(CaptureRetention.SNAPSHOTS)
        .resolve(
            capture.directory().getFileName()
                + "-"
                + NAME_TIME.format(takenAt)
                + "-"
                + reason.replaceAll("[^A-Za-z0-9._-]+", "_"));
  }

  private void link(
      Capture capture,
      Path target,
      CaptureManifest manifest,
      long fromNs,
      String reason,
      Instant takenAt,
      long toNs)
      throws IOException {
    files.createDirectories(target, settings.isForced());
    long[] records = new long[BufferKind.COUNT];
    long frames = 0;
    long segments = 0;
    StoredCapture stored = StoredCapture.of(capture.directory());
    for (StoredCapture.Segment segment : stored.segments()) {
      SegmentIndex index = SegmentIndex.load(segment.index(), manifest.id(), segment.number());
      if (index == null || index.lastNs() < fromNs) {
        continue;
      }
      files.linkOrCopy(segment.file(), target.resolve(segment.file().getFileName()));
      files.linkOrCopy(segment.index(), target.resolve(segment.index().getFileName()));
      for (int i = 0; i < index.entries(); i++) {
        if (index.type(i) == FrameType.RECORDS && index.kind(i) != null) {
          records[index.kind(i).ordinal()] += index.records(i);
        }
      }
      frames += index.entries();
      segments++;
    }
    Map<BufferKind, CaptureManifest.KindBooks> rows = new HashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      long captured = records[kind.ordinal()];
      rows.put(
          kind,
          new CaptureManifest.KindBooks(
              captured, captured, captured, Map.of(), Map.of(), 0, 0, 0, 0, 0));
    }
    CaptureManifest part =
        manifest
            .with(
                new CaptureManifest.Outcome(
                    "snapshot",
                    Optional.of(takenAt),
                    rows,
                    frames,
                    segments,
                    0,
                    manifest.outcome().writing()))
            .with(new CaptureManifest.Snapshot(reason, takenAt, fromNs, toNs));
    files.replace(
        target.resolve(CaptureFormat.MANIFEST),
        ByteBuffer.wrap(ManifestFile.bytes(part)),
        settings.isForced());
    if (settings.isForced()) {
      files.forceNames(target);
    }
  }
}
