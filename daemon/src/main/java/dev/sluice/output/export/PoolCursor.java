package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks the records of one pool in collection order, a frame at a time. {@link #records()} and
 * {@link #at()} are where the current record lies.
 */
final class PoolCursor {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final RecordSource source;
  private final BufferKind kind;
  private final int instance;
  private final int recordBytes;
  private final TimeWindow window;
  private final boolean isEveryRecordWanted;
  private final ExportMonitor monitor;
  private final int frameCount;
  private int nextFrame;
  private ByteBuffer records = NOTHING;
  private int at;
  private int limit;
  private int run;

  private PoolCursor(
      RecordSource source,
      BufferKind kind,
      int instance,
      TimeWindow window,
      boolean isEveryRecordWanted,
      ExportMonitor monitor)
      throws IOException {
    this.source = source;
    this.kind = kind;
    this.instance = instance;
    this.recordBytes = kind.recordBytes();
    this.window = window;
    this.isEveryRecordWanted = isEveryRecordWanted || window.isAll();
    this.monitor = monitor;
    this.frameCount = source.frameCount(kind, instance);
    this.nextFrame = window.isAll() ? 0 : firstFrameInside();
  }

  /** Only records inside the window. */
  static PoolCursor of(
      RecordSource source, BufferKind kind, int instance, TimeWindow window, ExportMonitor monitor)
      throws IOException {
    return new PoolCursor(source, kind, instance, window, false, monitor);
  }

  /** Every record of the frames that touch the window, for a partner that decides itself. */
  static PoolCursor ofFrames(
      RecordSource source, BufferKind kind, int instance, TimeWindow window, ExportMonitor monitor)
      throws IOException {
    return new PoolCursor(source, kind, instance, window, true, monitor);
  }

  /** Ends rise from frame to frame, since a pool has one serial writer. */
  private int firstFrameInside() throws IOException {
    int low = 0;
    int high = frameCount;
    while (low < high) {
      int middle = (low + high) >>> 1;
      ByteBuffer frame = source.frame(kind, instance, middle);
      int last = frame.limit() - recordBytes;
      if (last < 0 || window.isBefore(RecordTimes.end(kind, frame, last))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Moves to the next record; false after the last one. */
  boolean next() throws IOException {
    at += recordBytes;
    while (true) {
      while (at < limit) {
        if (isEveryRecordWanted
            || window.overlaps(
                RecordTimes.start(kind, records, at), RecordTimes.end(kind, records, at))) {
          return true;
        }
        at += recordBytes;
      }
      if (!load()) {
        at = limit;
        return false;
      }
    }
  }

  private boolean load() throws IOException {
    if (nextFrame >= frameCount) {
      return false;
    }
    records = source.frame(kind, instance, nextFrame);
    run = source.run(kind, instance, nextFrame);
    nextFrame++;
    at = 0;
    limit = records.limit();
    monitor.advance(limit / recordBytes);
    if (limit > 0 && window.isAfter(RecordTimes.start(kind, records, 0))) {
      nextFrame = frameCount;
      limit = 0;
      return false;
    }
    return true;
  }

  /** The current frame; absolute access only. */
  ByteBuffer records() {
    return records;
  }

  /** The run of the device that the current record is of. */
  int run() {
    return run;
  }

  /** Offset of the current record. */
  int at() {
    return at;
  }
}
