package dev.sluice.output.export;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks the records of one pool in collection order, a frame at a time. {@link #records()} and
 * {@link #at()} are where the current record lies.
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
   * @param onlyRun records of this run; 0 for all
   * @param isEveryRecordWanted of the frames that touch the window, for a partner that decides
   *     itself
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

  /** When a record began, in device ticks; the kernel of an AICore task, not its receipt. */
  static long start(BufferKind kind, ByteBuffer records, int at) {
    return records.getLong(at + kind.startTimeOffset());
  }

  static long end(BufferKind kind, ByteBuffer records, int at) {
    return records.getLong(at + kind.endTimeOffset());
  }

  /** Ticks from the receipt of an AICore task to its start; 0 for other kinds. */
  static long setup(BufferKind kind, ByteBuffer records, int at) {
    return kind == BufferKind.AICORE_TASK
        ? Integer.toUnsignedLong(
            records.getInt(at + AicoreTaskRecord.RECEIVE_TO_START_CYCLES_OFFSET))
        : 0;
  }

  /** Ends rise from frame to frame, since a pool has one serial writer. */
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

  /** Moves to the next record; false after the last one. */
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

  /** A record with an impossible time lies nowhere. */
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

  /** The run of the device that the current record is of. */
  int run() {
    return run;
  }

  BufferKind kind() {
    return kind;
  }

  /** Instance: the core or thread. */
  int instance() {
    return instance;
  }

  long u32(int offset) {
    return Integer.toUnsignedLong(records.getInt(at + offset));
  }

  /** Three shorts. */
  long u48(int offset) {
    return u32(offset) | (long) records.getShort(at + offset + Integer.BYTES) << Integer.SIZE;
  }

  long u64(int offset) {
    return records.getLong(at + offset);
  }
}
