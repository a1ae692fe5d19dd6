package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.config.CaptureSettings;
import dev.sluice.config.IoReason;
import dev.sluice.config.Quantities;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what exceeds the bounds on bytes, age and free space: oldest first, never an open
 * segment. The capture's manifest records what was removed, so that it never looks like a loss. A
 * file that cannot be removed exempts only its own capture, and is counted.
 *
 * <p>Methods that touch files are synchronized, so that linking and removing a segment exclude each
 * other.
 */
final class CaptureRetention {
  private static final Logger log = LoggerFactory.getLogger(CaptureRetention.class);

  /** Folder for snapshots in the capture directory. */
  static final String SNAPSHOTS = "snapshots";

  // Beyond any clock slewing, but too small a step to matter for ages.
  private static final long STEP_NANOS = 60_000_000_000L;
  // How long the wall clock must run evenly before it is trusted for removal by age.
  private static final long EVEN_NANOS = 3_600_000_000_000L;

  private volatile CaptureSettings settings;
  private final CaptureFiles files;
  private final SegmentSupply supply;
  private final StoredCaptures stored = new StoredCaptures();
  private final StoredCaptures storedSnapshots = new StoredCaptures();
  private volatile long retainedBytes;
  private final AtomicLong failures = new AtomicLong();
  // Start of the wall clock's even run, and both clocks as of the last check.
  private long evenSinceNs;
  private long lookedNs;
  private long lookedMillis;
  // Failures of the last and of the current round, with reasons.
  private Map<Path, String> lastTroubles = Map.of();
  private Map<Path, String> troubles = new HashMap<>();

  /**
   * @param nowNs time of the monotonic clock
   */
  CaptureRetention(CaptureSettings settings, CaptureFiles files, SegmentSupply supply, long nowNs) {
    this.settings = settings;
    this.files = files;
    this.supply = supply;
    this.evenSinceNs = nowNs;
    this.lookedNs = nowNs;
  }

  /** Takes effect in the next round. Any thread. */
  void apply(CaptureSettings next) {
    settings = next;
  }

  /**
   * Does one round over all captures and snapshots.
   *
   * @param nowMillis Unix time
   * @param nowNs time of the monotonic clock
   */
  synchronized void enforce(List<Capture> live, long nowMillis, long nowNs) throws IOException {
    lastTroubles = troubles;
    troubles = new HashMap<>();
    watchClock(nowMillis, nowNs);
    Map<Path, Capture> running = new HashMap<>();
    live.forEach(capture -> running.put(capture.directory(), capture));
    List<StoredCapture> captures = stored.all(settings.directory(), this::failed);
    long bytes = captures.stream().mapToLong(StoredCapture::bytes).sum();
    if (settings.recorder().enabled()) {
      long oldest = oldestMillis(settings.recorder().ageNanos(), nowMillis, nowNs);
      for (StoredCapture capture : captures) {
        bytes -= turnRing(capture, running.get(capture.directory()), oldest);
      }
    }
    bytes -= removeOldest(captures, running, bytes, nowMillis, nowNs);
    for (StoredCapture capture : captures) {
      bytes -= removeIfEmpty(capture, running);
    }
    retainedBytes = bytes + enforceSnapshots(nowMillis, nowNs);
  }

  /** Detects steps of the wall clock, which make files look older or younger than they are. */
  private void watchClock(long nowMillis, long nowNs) {
    long stepNanos = (nowMillis - lookedMillis) * 1_000_000 - (nowNs - lookedNs);
    if (lookedMillis != 0 && Math.abs(stepNanos) > STEP_NANOS) {
      evenSinceNs = nowNs;
      log.warn(
          "wall clock stepped, removal of captures by age paused for up to {}: step {}s",
          Quantities.formatNanos(EVEN_NANOS),
          stepNanos / 1_000_000_000);
    }
    lookedMillis = nowMillis;
    lookedNs = nowNs;
  }

  /**
   * Returns the Unix time in milliseconds before which files exceed an age. None does until the
   * wall clock has run evenly for that age, or for an hour.
   */
  private long oldestMillis(long ageNanos, long nowMillis, long nowNs) {
    boolean isEven = nowNs - evenSinceNs >= Math.min(ageNanos, EVEN_NANOS);
    return isEven ? nowMillis - ageNanos / 1_000_000 : Long.MIN_VALUE;
  }

  /** Keeps only the last part of each session, for the flight recorder. */
  private long turnRing(StoredCapture capture, Capture running, long oldestMillis) {
    long bytes = capture.segments().stream().mapToLong(StoredCapture.Segment::bytes).sum();
    long removed = 0;
    for (StoredCapture.Segment segment : List.copyOf(capture.segments())) {
      boolean isBeyond =
          bytes - removed > settings.recorder().bytes()
              || (running != null && segment.modifiedMillis() < oldestMillis);
      if (!isBeyond || !isRemovable(segment, running) || !remove(capture, segment, running)) {
        break;
      }
      log.debug("recorder removed segment: {}", segment.file());
      removed += segment.bytes();
    }
    return removed;
  }

  /** A segment and its removal order: never before one with a lower number. */
  private record Candidate(
      StoredCapture capture, StoredCapture.Segment segment, Capture running, long orderMillis) {}

  private long removeOldest(
      List<StoredCapture> captures,
      Map<Path, Capture> running,
      long bytes,
      long nowMillis,
      long nowNs) {
    List<Candidate> oldest = new ArrayList<>();
    for (StoredCapture capture : captures) {
      Capture live = running.get(capture.directory());
      long order = Long.MIN_VALUE;
      for (StoredCapture.Segment segment : capture.segments()) {
        order = Math.max(order, segment.modifiedMillis());
        if (isRemovable(segment, live)) {
          oldest.add(new Candidate(capture, segment, live, order));
        }
      }
    }
    oldest.sort(
        Comparator.comparingLong(Candidate::orderMillis)
            .thenComparing(candidate -> candidate.segment().file()));
    long oldestMillis = oldestMillis(settings.retention().ageNanos(), nowMillis, nowNs);
    long missing = missingFreeBytes();
    if (missing > 0) {
      clearSpares();
      missing = missingFreeBytes();
    }
    long removed = 0;
    Map<Path, Removal> removals = new LinkedHashMap<>();
    Set<Path> stuck = new HashSet<>();
    for (Candidate next : oldest) {
      String bound =
          bytes - removed > settings.quotaBytes()
              ? "bytes"
              : next.orderMillis() < oldestMillis ? "age" : removed < missing ? "free space" : "";
      if (bound.isEmpty()) {
        break;
      }
      Path directory = next.capture().directory();
      // Removing later segments of a capture that is stuck would leave a hole.
      if (!stuck.contains(directory)) {
        if (remove(next.capture(), next.segment(), next.running())) {
          removed += next.segment().bytes();
          removals.merge(directory, new Removal(bound, 1, next.segment().bytes()), Removal::plus);
        } else {
          stuck.add(directory);
        }
      }
    }
    removals.forEach(
        (directory, removal) ->
            log.info(
                "retention removed segments: capture {}, {} segments, {}, beyond {}",
                directory.getFileName(),
                removal.segments(),
                Quantities.formatBytes(removal.bytes()),
                removal.bound()));
    if (missing > 0) {
      // Removed segments must not become spares, which would keep the disk just as full.
      clearSpares();
    }
    return removed;
  }

  private record Removal(String bound, int segments, long bytes) {
    Removal plus(Removal other) {
      return new Removal(bound, segments + other.segments, bytes + other.bytes);
    }
  }

  private void clearSpares() {
    try {
      supply.clear();
    } catch (IOException e) {
      failed(settings.directory(), e);
    }
  }

  /** Returns 0 if free space is not reported, as in a chroot without a mount table. */
  private long missingFreeBytes() {
    long floor = settings.retention().freeSpaceFloor();
    try {
      return floor > 0 && files.exists(settings.directory())
          ? floor - files.usableBytes(settings.directory())
          : 0;
    } catch (IOException e) {
      String reason = "free-space floor not enforced: " + IoReason.of(e);
      if (note(settings.directory(), reason)) {
        log.warn("{}", reason);
      }
      return 0;
    }
  }

  /** Returns true for sealed segments of a running capture and for all segments of an ended one. */
  private static boolean isRemovable(StoredCapture.Segment segment, Capture running) {
    return running == null || segment.isSealed();
  }

  /** Returns false if the segment could not be removed, or must stay for now. */
  private boolean remove(StoredCapture capture, StoredCapture.Segment segment, Capture running) {
    long[] records = records(segment, capture.directory());
    if (running != null && !running.removing(records)) {
      return false; // The final manifest is being written.
    }
    try {
      supply.retire(segment.file());
    } catch (IOException e) {
      if (running != null) {
        running.notRemoved(records);
      }
      failed(segment.file(), e);
      return false;
    }
    capture.segments().remove(segment);
    try {
      files.delete(segment.index());
      if (running == null) {
        noteRemoved(capture.directory(), records);
      }
    } catch (IOException e) {
      failed(segment.index(), e);
    }
    return true;
  }

  /** Counts a failure, and logs it if it is new. */
  private void failed(Path what, Exception failure) {
    failures.incrementAndGet();
    String reason = failure instanceof IOException io ? IoReason.of(io) : failure.toString();
    if (note(what, reason)) {
      log.warn("retention failed: {}: {}", what, reason);
    }
  }

  private boolean note(Path what, String reason) {
    troubles.put(what, reason);
    return !reason.equals(lastTroubles.get(what));
  }

  private static long[] records(StoredCapture.Segment segment, Path directory) {
    long[] records = new long[BufferKind.COUNT];
    try {
      CaptureManifest manifest = ManifestFile.read(directory).manifest();
      SegmentIndex index = SegmentIndex.load(segment.index(), manifest.id(), segment.number());
      for (int i = 0; index != null && i < index.entries(); i++) {
        if (index.type(i) == FrameType.RECORDS && index.kind(i) != null) {
          records[index.kind(i).ordinal()] += index.records(i);
        }
      }
    } catch (CaptureException ignored) {
      // A damaged capture is removed like any other; its records cannot be counted.
    }
    return records;
  }

  private void noteRemoved(Path directory, long[] records) throws IOException {
    try {
      CaptureManifest manifest = ManifestFile.read(directory).manifest();
      CaptureManifest.Outcome outcome = manifest.outcome();
      Map<BufferKind, CaptureManifest.KindBooks> rows = new HashMap<>();
      for (BufferKind kind : BufferKind.ALL) {
        rows.put(kind, outcome.kind(kind).withRemoved(records[kind.ordinal()]));
      }
      CaptureManifest noted =
          manifest.with(
              new CaptureManifest.Outcome(
                  outcome.ending(),
                  outcome.endedAt(),
                  rows,
                  outcome.frames(),
                  outcome.segments(),
                  outcome.removedSegments() + 1,
                  outcome.writing()));
      Path file = directory.resolve(CaptureFormat.MANIFEST);
      byte[] bytes = ManifestFile.bytes(noted);
      try {
        files.replace(file, ByteBuffer.wrap(bytes), settings.isForced());
      } catch (IOException e) {
        files.overwrite(file, ByteBuffer.wrap(bytes)); // The disk may be full.
      }
    } catch (CaptureException ignored) {
      // A damaged manifest cannot record it.
    }
  }

  /** Removes the whole capture if retention has removed its last segment. */
  private long removeIfEmpty(StoredCapture capture, Map<Path, Capture> running) {
    if (!capture.segments().isEmpty() || running.containsKey(capture.directory())) {
      return 0;
    }
    try {
      if (ManifestFile.read(capture.directory()).manifest().outcome().removedSegments() == 0) {
        return 0;
      }
      long left = StoredCapture.of(capture.directory()).bytes();
      DirectoryRemoval.remove(files, capture.directory());
      log.info("retention removed capture: {}", capture.directory().getFileName());
      return left;
    } catch (CaptureException ignored) {
      return 0; // Unknown whether retention emptied it.
    } catch (IOException | UncheckedIOException e) {
      failed(capture.directory(), e);
      return 0;
    }
  }

  private long enforceSnapshots(long nowMillis, long nowNs) throws IOException {
    List<StoredCapture> all =
        storedSnapshots.all(settings.directory().resolve(SNAPSHOTS), this::failed);
    long bytes = all.stream().mapToLong(StoredCapture::bytes).sum();
    long oldestMillis = oldestMillis(settings.snapshots().ageNanos(), nowMillis, nowNs);
    for (StoredCapture snapshot : all) {
      boolean isTooMuch = bytes > settings.snapshots().retentionBytes();
      if (isTooMuch || snapshot.modifiedMillis() < oldestMillis) {
        try {
          DirectoryRemoval.remove(files, snapshot.directory());
          bytes -= snapshot.bytes();
          log.info(
              "retention removed snapshot: {}, beyond {}",
              snapshot.directory().getFileName(),
              isTooMuch ? "bytes" : "age");
        } catch (IOException | UncheckedIOException e) {
          failed(snapshot.directory(), e);
        }
      }
    }
    return bytes;
  }

  synchronized void deleteSpares() throws IOException {
    supply.clear();
  }

  long retainedBytes() {
    return retainedBytes;
  }

  /** Failures to list or remove files and directories, once per round. Any thread. */
  long failures() {
    return failures.get();
  }
}
