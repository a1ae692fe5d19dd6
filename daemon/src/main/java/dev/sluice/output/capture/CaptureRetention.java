package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.config.CaptureSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes what is beyond the bounds: bytes, age, free space; oldest first, never a segment that is
 * open. What went is noted in the capture's manifest, so that it never looks like a loss.
 *
 * <p>Methods that touch files are synchronized: linking a segment and removing it exclude each
 * other.
 */
final class CaptureRetention {
  /** Snapshots are in this folder of the capture directory. */
  static final String SNAPSHOTS = "snapshots";

  private volatile CaptureSettings settings;
  private final CaptureFiles files;
  private final SegmentSupply supply;
  private final StoredCaptures stored = new StoredCaptures();
  private final StoredCaptures storedSnapshots = new StoredCaptures();
  private volatile long retainedBytes;

  CaptureRetention(CaptureSettings settings, CaptureFiles files, SegmentSupply supply) {
    this.settings = settings;
    this.files = files;
    this.supply = supply;
  }

  /** From the next round on. Any thread. */
  void apply(CaptureSettings next) {
    settings = next;
  }

  /** One round over everything there is. */
  synchronized void enforce(List<Capture> live, long nowMillis) throws IOException {
    Map<Path, Capture> running = new HashMap<>();
    live.forEach(capture -> running.put(capture.directory(), capture));
    List<StoredCapture> captures = stored.all(settings.directory());
    long bytes = captures.stream().mapToLong(StoredCapture::bytes).sum();
    if (settings.recorder().enabled()) {
      for (StoredCapture capture : captures) {
        bytes -= turnRing(capture, running.get(capture.directory()), nowMillis);
      }
    }
    bytes -= removeOldest(captures, running, bytes, nowMillis);
    bytes -= removeEmpty(running);
    retainedBytes = bytes + enforceSnapshots(nowMillis);
  }

  /** The recorder keeps the last part of each session. */
  private long turnRing(StoredCapture capture, Capture running, long nowMillis) throws IOException {
    long bytes = capture.segments().stream().mapToLong(StoredCapture.Segment::bytes).sum();
    long oldestMillis = nowMillis - settings.recorder().ageNanos() / 1_000_000;
    long removed = 0;
    for (StoredCapture.Segment segment : List.copyOf(capture.segments())) {
      boolean isBeyond =
          bytes - removed > settings.recorder().bytes()
              || (running != null && segment.modifiedMillis() < oldestMillis);
      if (!isBeyond || !isRemovable(segment, running)) {
        break;
      }
      removed += remove(segment, running);
      capture.segments().remove(segment);
    }
    return removed;
  }

  private record Candidate(StoredCapture.Segment segment, Capture running) {}

  private long removeOldest(
      List<StoredCapture> captures, Map<Path, Capture> running, long bytes, long nowMillis)
      throws IOException {
    List<Candidate> all = new ArrayList<>();
    for (StoredCapture capture : captures) {
      Capture live = running.get(capture.directory());
      for (StoredCapture.Segment segment : capture.segments()) {
        if (isRemovable(segment, live)) {
          all.add(new Candidate(segment, live));
        }
      }
    }
    all.sort(
        Comparator.comparingLong((Candidate candidate) -> candidate.segment().modifiedMillis())
            .thenComparing(candidate -> candidate.segment().file()));
    Deque<Candidate> oldest = new ArrayDeque<>(all);
    long oldestMillis = nowMillis - settings.retention().ageNanos() / 1_000_000;
    long removed = 0;
    long reclaimed = 0;
    long missing = missingFreeBytes();
    if (missing > 0) {
      supply.clear();
      missing = missingFreeBytes();
    }
    while (!oldest.isEmpty()) {
      Candidate next = oldest.poll();
      boolean isTooOld = next.segment().modifiedMillis() < oldestMillis;
      boolean isTooMuch = bytes - removed > settings.quotaBytes();
      boolean isTight = reclaimed < missing;
      if (!isTooOld && !isTooMuch && !isTight) {
        break;
      }
      removed += remove(next.segment(), next.running());
      reclaimed += next.segment().bytes();
    }
    if (missing > 0) {
      // What was removed must not become spares, which would keep the disk as full as it was.
      supply.clear();
    }
    return removed;
  }

  private long missingFreeBytes() throws IOException {
    return files.exists(settings.directory())
        ? settings.retention().freeSpaceFloor() - files.usableBytes(settings.directory())
        : 0;
  }

  /** Of a running capture only what is sealed; of one that is over, everything. */
  private static boolean isRemovable(StoredCapture.Segment segment, Capture running) {
    return running == null || segment.isSealed();
  }

  private long remove(StoredCapture.Segment segment, Capture running) throws IOException {
    Path directory = segment.file().getParent();
    long[] records = records(segment, directory);
    supply.retire(segment.file());
    files.delete(segment.index());
    if (running != null) {
      running.removed(records);
    } else {
      noteRemoved(directory, records);
    }
    return segment.bytes();
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
      // A damaged capture goes like any other; nobody can count what was in it.
    }
    return records;
  }

  private void noteRemoved(Path directory, long[] records) throws IOException {
    try {
      CaptureManifest manifest = ManifestFile.read(directory).manifest();
      CaptureManifest.Outcome outcome = manifest.outcome();
      Map<BufferKind, CaptureManifest.KindBooks> rows = new EnumMap<>(BufferKind.class);
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
      files.replace(
          directory.resolve(CaptureFormat.MANIFEST),
          ByteBuffer.wrap(ManifestFile.bytes(noted)),
          settings.isForced());
    } catch (CaptureException ignored) {
      // As above.
    }
  }

  /** A capture of which retention took the last segment goes as a whole. */
  private long removeEmpty(Map<Path, Capture> running) throws IOException {
    long removed = 0;
    for (StoredCapture capture : stored.all(settings.directory())) {
      if (capture.segments().isEmpty() && !running.containsKey(capture.directory())) {
        CaptureManifest manifest;
        try {
          manifest = ManifestFile.read(capture.directory()).manifest();
        } catch (CaptureException ignored) {
          continue;
        }
        if (manifest.outcome().removedSegments() > 0) {
          DirectoryRemoval.remove(files, capture.directory());
          removed += capture.bytes();
        }
      }
    }
    return removed;
  }

  private long enforceSnapshots(long nowMillis) throws IOException {
    List<StoredCapture> all = storedSnapshots.all(settings.directory().resolve(SNAPSHOTS));
    long bytes = all.stream().mapToLong(StoredCapture::bytes).sum();
    long oldestMillis = nowMillis - settings.snapshots().ageNanos() / 1_000_000;
    for (StoredCapture snapshot : all) {
      boolean isBeyond =
          bytes > settings.snapshots().retentionBytes() || snapshot.modifiedMillis() < oldestMillis;
      if (isBeyond) {
        DirectoryRemoval.remove(files, snapshot.directory());
        bytes -= snapshot.bytes();
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
}
