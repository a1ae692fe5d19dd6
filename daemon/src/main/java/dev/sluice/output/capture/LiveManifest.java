package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.abi.ScopeCapacities;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Manifest of a capture being written: collects what control threads report and keeps the file up
 * to date. Any thread may update and read it; only the capture's thread writes the file.
 */
final class LiveManifest {
  // A thread that waits for the end of a run waits for the manifest.
  private static final long URGENT_NANOS = 20_000_000L;
  private static final long INTERVAL_NANOS = 1_000_000_000;
  // The file is rewritten often, so its size must be bounded.
  private static final int MAX_RUNS = 1024;

  private final CaptureFiles files;
  private final Path directory;
  private final boolean isForced;
  private final CaptureWriter writer;
  private final Supplier<CaptureTotals> totals;
  private final Supplier<String> writing;
  private final CaptureFailures failures;
  // Guarded by this, as is the transition to the final form.
  private final long[] removedRecords = new long[BufferKind.COUNT];
  private long removedSegments;

  private volatile CaptureManifest manifest;
  private volatile Map<BufferKind, DeviceBooks> books = Map.of();
  private volatile boolean isUrgent;
  private volatile boolean isStale = true;
  private long writtenNs;

  LiveManifest(
      CaptureManifest manifest,
      CaptureFiles files,
      Path directory,
      boolean isForced,
      CaptureWriter writer,
      Supplier<CaptureTotals> totals,
      Supplier<String> writing,
      CaptureFailures failures,
      long nowNs) {
    this.manifest = manifest;
    // Nonzero if another process began the capture.
    for (BufferKind kind : BufferKind.ALL) {
      removedRecords[kind.ordinal()] = manifest.outcome().kind(kind).removed();
    }
    removedSegments = manifest.outcome().removedSegments();
    this.files = files;
    this.directory = directory;
    this.isForced = isForced;
    this.writer = writer;
    this.totals = totals;
    this.writing = writing;
    this.failures = failures;
    this.writtenNs = nowNs - INTERVAL_NANOS;
  }

  /** Records what the device reported about its cores. */
  void cores(List<Integer> coreToThread) {
    manifest = manifest.with(manifest.cores().with(coreToThread));
    isStale = true;
  }

  /** Records the capacities for the scope statistics of the last run. */
  void scopes(ScopeCapacities capacities) {
    manifest = manifest.with(manifest.cores().with(capacities));
    isStale = true;
  }

  /** Records that a run begins. */
  void beganRun(RunId id, HostTime at) {
    List<CaptureManifest.RunWindow> runs = new ArrayList<>(manifest.runs());
    int number = runs.isEmpty() ? 1 : runs.get(runs.size() - 1).number() + 1;
    if (runs.size() == MAX_RUNS) {
      runs.remove(0);
    }
    runs.add(new CaptureManifest.RunWindow(number, id.epoch(), id.name(), at, Optional.empty()));
    manifest = manifest.with(runs);
    isStale = true;
  }

  /** Ends the oldest open run. */
  void endedRun(long epoch, HostTime at) {
    List<CaptureManifest.RunWindow> runs = new ArrayList<>(manifest.runs());
    for (int i = 0; i < runs.size(); i++) {
      if (runs.get(i).end().isEmpty()) {
        runs.set(i, runs.get(i).endedAt(epoch, at));
        manifest = manifest.with(runs);
        isStale = true;
        isUrgent = true;
        return;
      }
    }
  }

  /** Updates the device's half of the accounting law. */
  void books(Map<BufferKind, DeviceBooks> newBooks) {
    if (!newBooks.equals(books)) {
      books = Map.copyOf(newBooks);
      isStale = true;
    }
  }

  /**
   * Records that retention is about to remove a segment.
   *
   * @return false if the manifest has its final form: the segment must stay until the file is
   *     written
   */
  synchronized boolean removing(long[] recordsByKind) {
    if (manifest.outcome().isEnded()) {
      return false;
    }
    addRemoved(recordsByKind, 1);
    return true;
  }

  /** Reverts {@link #removing}: the segment could not be removed. */
  synchronized void notRemoved(long[] recordsByKind) {
    addRemoved(recordsByKind, -1);
  }

  private void addRemoved(long[] recordsByKind, int segments) {
    for (int kind = 0; kind < recordsByKind.length; kind++) {
      removedRecords[kind] += segments * recordsByKind[kind];
    }
    removedSegments += segments;
    isStale = true;
  }

  /** Marks the file as outdated. */
  void stale() {
    isStale = true;
  }

  /** Returns the manifest as of now. */
  CaptureManifest now() {
    CaptureManifest last = manifest;
    return last.outcome().isEnded()
        ? last
        : last.with(outcome(CaptureManifest.RUNNING, Optional.empty()));
  }

  /** Writes the file if it is stale, at a limited rate. The capture's thread only. */
  void writeIfDue(long nowNs) {
    long intervalNs = isUrgent ? URGENT_NANOS : INTERVAL_NANOS;
    if (isStale && nowNs - writtenNs >= intervalNs) {
      isUrgent = false;
      writtenNs = nowNs;
      isStale = false;
      write();
    }
  }

  /** Gives the manifest its final form and writes it. The capture's thread only. */
  void finish(String ending, Instant endedAt) {
    synchronized (this) {
      manifest = manifest.with(outcome(ending, Optional.of(endedAt)));
    }
    write();
  }

  private synchronized CaptureManifest.Outcome outcome(String ending, Optional<Instant> endedAt) {
    CaptureTotals sums = totals.get();
    Map<BufferKind, CaptureManifest.KindBooks> rows = new HashMap<>();
    for (BufferKind kind : manifest.geometry().kinds()) {
      DeviceBooks device = books.getOrDefault(kind, DeviceBooks.ZERO);
      rows.put(
          kind,
          new CaptureManifest.KindBooks(
              device.produced(),
              device.collected(),
              sums.captured(kind),
              sums.lostByReason(kind),
              device.dropped(),
              device.salvaged(),
              device.neverStarted(),
              device.inFlight(),
              device.unaccounted(),
              removedRecords[kind.ordinal()]));
    }
    return new CaptureManifest.Outcome(
        ending,
        endedAt,
        rows,
        writer.counters().get(CaptureWriter.FRAMES),
        writer.counters().get(CaptureWriter.SEGMENTS),
        removedSegments,
        writing.get());
  }

  private void write() {
    Path file = directory.resolve(CaptureFormat.MANIFEST);
    byte[] bytes = ManifestFile.bytes(now());
    try {
      files.createDirectories(directory, isForced);
      files.replace(file, ByteBuffer.wrap(bytes), isForced);
      if (isForced) {
        files.forceNames(directory);
      }
    } catch (IOException e) {
      try {
        files.overwrite(file, ByteBuffer.wrap(bytes));
      } catch (IOException overwriting) {
        isStale = true;
        failures.failed(LossReason.of(e), directory, e, false);
      }
    }
  }
}
