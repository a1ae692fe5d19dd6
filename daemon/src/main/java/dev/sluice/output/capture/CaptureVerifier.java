package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.SyntheticContent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Verifies a capture, or reports what is wrong with it. Checks every checksum, the order of frames
 * and of each pool's buffers, the manifest's accounting law against the actual content and, for
 * synthetic content, every bit of every record. Used from one thread; others decode and compare.
 */
public final class CaptureVerifier {
  private static final int MAX_FINDINGS = 20;

  private final CaptureReader reader;
  private final FrameVisitor monitor;
  private final CaptureManifest manifest;
  private final RecordChecks checks;
  private final long[] records = new long[BufferKind.COUNT];
  private final long[] gapRecords = new long[BufferKind.COUNT];
  private final Map<Long, Integer> lastSequence = new HashMap<>();
  private final List<String> damages = new ArrayList<>();
  private final List<String> losses = new ArrayList<>();
  private long damageCount;
  private long frames;
  private long bytes;
  private long recordBytes;
  private boolean hasFrame;
  private int expectedNumber;
  private int run;

  /**
   * Findings of a verification.
   *
   * @param bytes size of the frames
   * @param recordBytes size of the records in them, as the device wrote them
   * @param records records found, by ordinal of the kind
   * @param comparedRecords synthetic records that were regenerated and compared
   * @param damages the first few differences from what was written, as text
   * @param losses missing records, with reasons
   * @param notes remarks that are not faults
   */
  public record Result(
      long frames,
      long bytes,
      long recordBytes,
      List<Long> records,
      long comparedRecords,
      List<String> damages,
      List<String> losses,
      List<String> notes) {
    public Result {
      records = List.copyOf(records);
      damages = List.copyOf(damages);
      losses = List.copyOf(losses);
      notes = List.copyOf(notes);
    }

    public boolean isDamaged() {
      return !damages.isEmpty();
    }

    /** Returns whether the capture lacks records that the device produced. */
    public boolean isIncomplete() {
      return !losses.isEmpty();
    }
  }

  private CaptureVerifier(CaptureReader reader, FrameVisitor monitor) {
    this.reader = reader;
    this.monitor = monitor;
    this.manifest = reader.manifest();
    this.checks =
        new RecordChecks(
            manifest,
            manifest.synthetic().map(recipe -> new SyntheticContent(manifest.geometry(), recipe)));
  }

  /** Verifies the whole capture. */
  public static Result verify(CaptureReader reader) throws IOException {
    return verify(reader, frame -> {});
  }

  /** Verifies the whole capture; the monitor sees each frame first and can abort by throwing. */
  public static Result verify(CaptureReader reader, FrameVisitor monitor) throws IOException {
    return new CaptureVerifier(reader, monitor).run();
  }

  private Result run() throws IOException {
    if (!reader.isManifestIntact()) {
      damage("manifest.json was changed: its checksum differs");
    }
    try {
      reader.forEach(this::visit);
    } finally {
      checks.finish();
    }
    checks.undecodable().forEach(number -> damage(Frame.undecodable(number)));
    List<String> notes = new ArrayList<>();
    boolean isEnded = manifest.outcome().isEnded();
    boolean isBeingWritten =
        !isEnded && CaptureLock.isHeld(reader.directory().toAbsolutePath().getParent());
    for (Damage found : reader.damages()) {
      if (found.isTornTail() && !isEnded) {
        if (!isBeingWritten) {
          notes.add(found + " (everything before it was recovered)");
        }
      } else {
        damage(found.toString());
      }
    }
    if (isEnded) {
      judgeEnded(notes);
    } else {
      losses.add(
          isBeingWritten
              ? "the capture is still being written: the results cover it so far"
              : "the capture is incomplete: its writer was killed");
    }
    if (damageCount > damages.size()) {
      damages.add("and " + (damageCount - damages.size()) + " more");
    }
    List<Long> found = new ArrayList<>();
    for (long count : records) {
      found.add(count);
    }
    return new Result(frames, bytes, recordBytes, found, checks.compared(), damages, losses, notes);
  }

  private void damage(String what) {
    damageCount++;
    if (damages.size() < MAX_FINDINGS) {
      damages.add(what);
    }
  }

  private void visit(Frame frame) throws IOException {
    frames++;
    bytes += frame.sizeBytes();
    recordBytes += frame.recordBytes();
    monitor.visit(frame);
    checkNumber(frame);
    if (frame.type() == FrameType.RUN) {
      run = frame.run(run);
      int oldest = run - CaptureIntake.MAX_RUNS;
      lastSequence.keySet().removeIf(pool -> pool < (long) oldest << 32);
      checks.forgetBefore(oldest);
    } else if (frame.type() == FrameType.GAP && !frame.isDeviceLoss() && frame.kind() != null) {
      gapRecords[frame.kind().ordinal()] += frame.count();
    } else if (frame.type() == FrameType.RECORDS) {
      checkRecords(frame);
    }
  }

  private void checkNumber(Frame frame) {
    boolean mayStartAnywhere =
        manifest.outcome().removedSegments() > 0 || manifest.snapshot().isPresent();
    if ((hasFrame || !mayStartAnywhere) && frame.number() != expectedNumber) {
      damage(
          String.format(
              Locale.ROOT,
              "found frame %d, expected frame %d",
              Integer.toUnsignedLong(frame.number()),
              Integer.toUnsignedLong(expectedNumber)));
    }
    hasFrame = true;
    expectedNumber = frame.number() + 1;
  }

  private void checkRecords(Frame frame) {
    BufferKind kind = frame.kind();
    Geometry geometry = manifest.geometry();
    int instances = 0;
    if (kind != null && geometry.has(kind.region())) {
      instances =
          kind.isPerCore()
              ? geometry.numCores()
              : geometry.layout().poolCount(kind, geometry.numCores());
    }
    if (frame.instance() < 0
        || frame.instance() >= instances
        || (long) frame.recordCount() * kind.recordBytes() != frame.recordBytes()) {
      damage("frame " + frame.number() + " does not belong to a pool of this capture");
      return;
    }
    records[kind.ordinal()] += frame.recordCount();
    // Sequences and content start over with each run, and runs overlap.
    long pool = (long) frame.run(run) << 32 | kind.ordinal() << 16 | frame.instance();
    if (!frame.isSalvaged()) {
      Integer last = lastSequence.put(pool, frame.sequence());
      // Sequences are u32 and wrap: a later one has a positive signed difference.
      if (last != null && frame.sequence() - last <= 0) {
        damage(
            String.format(
                Locale.ROOT,
                "%s %d: buffer %d comes after buffer %d",
                kind.label(),
                frame.instance(),
                Integer.toUnsignedLong(frame.sequence()),
                Integer.toUnsignedLong(last)));
      }
    }
    int decodedBytes = frame.decodedBytes();
    if (decodedBytes < 0) {
      damage(Frame.undecodable(frame.number()));
    } else {
      checks.add(frame, frame.run(run), decodedBytes);
    }
  }

  private void judgeEnded(List<String> notes) {
    CaptureManifest.Outcome outcome = manifest.outcome();
    if (checks.mismatched() > 0) {
      damage(checks.mismatched() + " records differ from the expected synthetic content");
    }
    boolean isWhole = outcome.removedSegments() == 0 && manifest.snapshot().isEmpty();
    if (isWhole && hasFrame && !reader.damages().isEmpty()) {
      notes.add("counts exclude the damaged frames");
    }
    for (String segment : reader.unsealedSegments()) {
      notes.add(segment + " has no footer: its writer stopped after an error");
    }
    for (BufferKind kind : BufferKind.ALL) {
      judge(kind, outcome.kind(kind), isWhole, notes);
    }
  }

  private void judge(
      BufferKind kind, CaptureManifest.KindBooks books, boolean isWhole, List<String> notes) {
    long found = records[kind.ordinal()];
    if (found != books.captured() - books.removed()) {
      damage(
          String.format(
              Locale.ROOT,
              "%s: found %d records, expected %d",
              kind.label(),
              found,
              books.captured() - books.removed()));
    }
    if (books.uncaptured() != 0) {
      damage(
          kind.label()
              + ": "
              + books.uncaptured()
              + " records unaccounted for between collector and disk");
    }
    long open =
        books.produced()
            - books.collected()
            - books.droppedRecords()
            - books.salvaged()
            - books.neverStarted()
            - books.inFlight()
            - books.unaccounted();
    if (open != 0) {
      damage(kind.label() + ": " + open + " records unaccounted for on the device's side");
    }
    if (isWhole && gapRecords[kind.ordinal()] > books.lostRecords()) {
      damage(
          kind.label()
              + ": gap frames count "
              + gapRecords[kind.ordinal()]
              + " lost records, the manifest "
              + books.lostRecords());
    }
    lose(kind, books.droppedRecords(), "dropped by the device " + nonZero(books.dropped()));
    lose(kind, books.lostRecords(), "lost on the way to disk " + nonZero(books.lost()));
    lose(kind, books.unaccounted(), "unaccounted for");
    lose(kind, books.inFlight(), "still with the device when the capture ended");
    if (books.neverStarted() > 0) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%s: %,d dispatched tasks never started: the run was aborted",
              kind.label(),
              books.neverStarted()));
    }
    if (books.removed() > 0) {
      notes.add(kind.label() + ": " + books.removed() + " records were removed by retention");
    }
  }

  private static Map<String, Long> nonZero(Map<String, Long> counts) {
    Map<String, Long> left = new java.util.TreeMap<>(counts);
    left.values().removeIf(count -> count == 0);
    return left;
  }

  private void lose(BufferKind kind, long count, String how) {
    if (count != 0) {
      losses.add(String.format(Locale.ROOT, "%s: %,d records %s", kind.label(), count, how));
    }
  }
}
