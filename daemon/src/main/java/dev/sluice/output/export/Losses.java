package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureFrames;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The gaps and stalls of a capture, each with the interval in which it occurred. Immutable. */
final class Losses {
  /** Longest interval between polls of the device's counters, and so the maximum age of a drop. */
  private static final long NOTICE_NS = 200_000_000L;

  private static final String GAP = FrameType.GAP.name();

  private final List<Loss> gaps = new ArrayList<>();
  private final List<Loss> stalls = new ArrayList<>();

  /**
   * A gap or a stall.
   *
   * @param kind null if it concerns no kind
   * @param instance core or thread, -1 if unknown
   * @param by {@code device} or {@code capture}
   * @param count missing buffers, or number of waits of the device
   * @param records missing records
   * @param waitedNs sum over the device's threads
   * @param from first tick of the interval, since the base
   * @param to end of the interval
   * @param hostNs when the host recorded it
   */
  record Loss(
      BufferKind kind,
      int instance,
      String cause,
      String by,
      long count,
      long records,
      long waitedNs,
      long from,
      long to,
      long hostNs) {
    String kindLabel() {
      return kind == null ? "" : kind.label();
    }

    /** Returns this loss with the window as its interval. */
    private Loss within(ExportSelection.Window window) {
      long first = Math.max(0, window.fromTicks());
      long last = window.toTicks() == Long.MAX_VALUE ? first : window.toTicks();
      return new Loss(kind, instance, cause, by, count, records, waitedNs, first, last, hostNs);
    }

    private Loss and(Loss more) {
      return new Loss(
          kind,
          instance,
          cause,
          by,
          count + more.count,
          records + more.records,
          waitedNs + more.waitedNs,
          from,
          to,
          hostNs);
    }
  }

  /** Returns the losses that may lie in a window. */
  static Losses of(CaptureSource source, ExportSelection.Window window) throws IOException {
    Losses losses = new Losses();
    Map<String, Loss> near = new TreeMap<>();
    long errorTicks = source.clock().ticks(source.clock().errorNs());
    Map<String, Long> lastNs = new HashMap<>();
    for (CaptureFrames.Note note : source.frames().notes()) {
      if (note.type() == FrameType.RUN) {
        lastNs.clear();
        continue;
      }
      String place = note.type().name() + " " + note.kind() + " " + note.instance();
      long sinceNs =
          Math.max(lastNs.getOrDefault(place, Long.MIN_VALUE), note.hostTimeNs() - NOTICE_NS);
      boolean isBetween =
          note.type() == FrameType.GAP && !note.isDeviceLoss() && note.instance() >= 0;
      Loss loss = isBetween ? between(source, note) : noted(source, note, sinceNs);
      // Host times have the error of the clock: a loss near the window may lie in it.
      long error = isBetween ? 0 : errorTicks;
      lastNs.put(place, note.untilNs());
      if (window.overlaps(loss.from, loss.to)) {
        (note.type() == FrameType.GAP ? losses.gaps : losses.stalls).add(loss);
      } else if (window.overlaps(loss.from - error, loss.to + error)) {
        near.merge(place + note.cause(), loss.within(window), Loss::and);
      }
    }
    near.forEach((place, loss) -> (place.startsWith(GAP) ? losses.gaps : losses.stalls).add(loss));
    return losses;
  }

  /** Places buffers that the capture lost between their neighbours in the pool. */
  private static Loss between(CaptureSource source, CaptureFrames.Note note) throws IOException {
    TraceClock clock = source.clock();
    BufferKind kind = note.kind();
    int frame = note.poolFrame();
    long from = Row.NEVER;
    long to = Row.NEVER;
    if (frame > 0) {
      ByteBuffer before = source.frame(kind, note.instance(), frame - 1);
      from = clock.sinceBase(RecordCursor.end(kind, before, before.limit() - kind.recordBytes()));
    }
    if (frame < source.frameCount(kind, note.instance())) {
      to = clock.sinceBase(RecordCursor.start(kind, source.frame(kind, note.instance(), frame), 0));
    }
    // Host times are less exact than the neighbours' times, so they never extend beyond those.
    if (to == Row.NEVER) {
      to = Math.max(from, clock.ticksOfHost(note.untilNs()));
    }
    if (from == Row.NEVER) {
      from = clock.ticksOfHost(note.hostTimeNs());
    }
    return loss(note, Math.min(from, to), to);
  }

  /** Places a loss before the host recorded it, and after the previous note. */
  private static Loss noted(CaptureSource source, CaptureFrames.Note note, long sinceNs) {
    TraceClock clock = source.clock();
    long to = clock.ticksOfHost(note.untilNs());
    return loss(note, Math.min(to, clock.ticksOfHost(sinceNs)), to);
  }

  private static Loss loss(CaptureFrames.Note note, long from, long to) {
    boolean isGap = note.type() == FrameType.GAP;
    return new Loss(
        note.kind(),
        note.instance(),
        note.cause(),
        note.isDeviceLoss() || !isGap ? "device" : "capture",
        note.count(),
        isGap ? note.value() : 0,
        isGap ? 0 : note.value(),
        // A loss before the first remaining record is placed at the base.
        Math.max(0, from),
        Math.max(0, to),
        note.hostTimeNs());
  }

  List<Loss> gaps() {
    return gaps;
  }

  List<Loss> stalls() {
    return stalls;
  }

  /** Returns the missing records of a pool. */
  long records(BufferKind kind, int instance) {
    return gaps.stream()
        .filter(gap -> gap.kind == kind && gap.instance == instance)
        .mapToLong(Loss::records)
        .sum();
  }

  /**
   * Returns the missing records by cause. For a whole capture that has ended, the manifest has
   * exact counts, which include records removed by retention.
   */
  Map<String, Long> missing(CaptureManifest manifest, boolean isWhole) {
    Map<String, Long> missing = new TreeMap<>();
    if (isWhole && manifest.outcome().isEnded()) {
      for (BufferKind kind : BufferKind.ALL) {
        CaptureManifest.KindBooks books = manifest.outcome().kind(kind);
        books.dropped().forEach((cause, count) -> missing.merge(cause, count, Long::sum));
        books.lost().forEach((reason, count) -> missing.merge(reason, count, Long::sum));
        missing.merge("removed", books.removed(), Long::sum);
        missing.merge("unaccounted", Math.abs(books.unaccounted()), Long::sum);
      }
    } else {
      gaps.forEach(gap -> missing.merge(gap.cause(), gap.records(), Long::sum));
    }
    missing.values().removeIf(count -> count == 0);
    return missing;
  }
}
