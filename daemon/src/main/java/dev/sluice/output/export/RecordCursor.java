package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks the records of one pool in collection order, a frame at a time. The current record is at
 * {@link #at()} in {@link #records()}.
 */
final class RecordCursor {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final CaptureSource source;
  private final TraceClock clock;
  private final BufferKind kind;
  private final int instance;
  private final int recordBytes;
  private final ExportSelection.Window window;
  private final boolean isEveryRecordWanted;
  private final ExportMonitor monitor;
  private final int frameCount;
  private final int onlyRun;
  private int nextFrame;
  private ByteBuffer records = NOTHING;
  private int at;
  private int limit;
  private int run;

  /**
   * @param onlyRun run of the records; 0 for all
   * @param isEveryRecordWanted whether to return all records of frames that touch the window, for a
   *     caller that filters them
   */
  RecordCursor(
      CaptureSource source,
      BufferKind kind,
      int instance,
      int onlyRun,
      ExportSelection.Window window,
      boolean isEveryRecordWanted,
      ExportMonitor monitor)
      throws IOException {
    this.source = source;
    this.clock = source.clock();
    this.kind = kind;
    this.instance = instance;
    this.onlyRun = onlyRun;
    this.recordBytes = kind.recordBytes();
    this.window = window;
    this.isEveryRecordWanted = isEveryRecordWanted || window.isAll();
    this.monitor = monitor;
    this.frameCount = source.frameCount(kind, instance);
    this.nextFrame = window.isAll() ? 0 : firstFrameInside();
  }

  /**
   * Returns the begin of a record in device ticks; for AICore tasks the kernel's, not the receipt.
   */
  static long start(BufferKind kind, ByteBuffer records, int at) {
    return records.getLong(at + kind.startTimeOffset());
  }

  static long end(BufferKind kind, ByteBuffer records, int at) {
    return records.getLong(at + kind.endTimeOffset());
  }

  /** Returns the ticks from receipt to start of an AICore task; 0 for other kinds. */
  static long setup(BufferKind kind, ByteBuffer records, int at) {
    return kind == BufferKind.AICORE_TASK
        ? Integer.toUnsignedLong(
            records.getInt(at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET))
        : 0;
  }

  /** Finds the first frame inside; ends rise between frames, since a pool has one serial writer. */
  private int firstFrameInside() throws IOException {
    int low = 0;
    int high = frameCount;
    while (low < high) {
      int middle = (low + high) >>> 1;
      ByteBuffer frame = source.frame(kind, instance, middle);
      long last = Row.NEVER;
      for (int i = frame.limit() - recordBytes; i >= 0 && last == Row.NEVER; i -= recordBytes) {
        last = clock.sinceBase(end(kind, frame, i));
      }
      if (last < window.fromTicks()) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Moves to the next record; returns false after the last one. */
  boolean next() throws IOException {
    at += recordBytes;
    while (true) {
      while (at < limit) {
        if (isEveryRecordWanted || isInside(at)) {
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

  /** Returns whether a record is in the window; one with an impossible time never is. */
  private boolean isInside(int record) {
    long start = clock.sinceBase(start(kind, records, record));
    long end = clock.sinceBase(end(kind, records, record));
    long setup = setup(kind, records, record);
    if (start == Row.NEVER) {
      return false;
    }
    return window.overlaps(start - Math.min(setup, Math.max(0, start)), Math.max(start, end));
  }

  private boolean load() throws IOException {
    while (nextFrame < frameCount
        && onlyRun != 0
        && source.run(kind, instance, nextFrame) != onlyRun) {
      nextFrame++;
    }
    if (nextFrame >= frameCount) {
      return false;
    }
    records = source.frame(kind, instance, nextFrame);
    run = source.run(kind, instance, nextFrame);
    nextFrame++;
    at = 0;
    limit = records.limit();
    monitor.advance(limit / recordBytes);
    for (int i = 0; i < limit && !window.isAll(); i += recordBytes) {
      long start = clock.sinceBase(start(kind, records, i));
      if (start != Row.NEVER) {
        if (start - setup(kind, records, i) >= window.toTicks()) {
          nextFrame = frameCount;
          limit = 0;
          return false;
        }
        break;
      }
    }
    return true;
  }

  /** The current frame; absolute access only. */
  ByteBuffer records() {
    return records;
  }

  /** Offset of the current record. */
  int at() {
    return at;
  }

  /** Device run of the current record. */
  int run() {
    return run;
  }

  BufferKind kind() {
    return kind;
  }

  /** Core or thread of the pool. */
  int instance() {
    return instance;
  }

  long u32(int offset) {
    return Integer.toUnsignedLong(records.getInt(at + offset));
  }

  /** Reads three shorts. */
  long u48(int offset) {
    return u32(offset) | (long) records.getShort(at + offset + Integer.BYTES) << Integer.SIZE;
  }

  long u64(int offset) {
    return records.getLong(at + offset);
  }
}
