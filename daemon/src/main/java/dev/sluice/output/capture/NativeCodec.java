package dev.sluice.output.capture;

import dev.sluice.abi.RecordColumn;
import dev.sluice.bridge.NativeColumns;
import dev.sluice.counters.LogLinearHistogram;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Same bytes as {@link JavaCodec}, from a loop in C. Bounds-checks memory before each call. */
final class NativeCodec implements RecordCodec {
  private final NativeColumns codec;
  private final int recordBytes;
  private final int columns;

  private TaskObserver observer;
  private long observed;
  private int observedBytes;
  private long counts;
  private long durations;
  private long latencies;

  // Addresses are cached per buffer, since looking one up allocates.
  private ByteBuffer target;
  private long targetAddress;
  private ByteBuffer source;
  private long sourceAddress;

  private int startAt;
  private int endAt;
  private int left;
  private boolean isFirst;

  private NativeCodec(NativeColumns codec, int recordBytes, int columns) {
    this.codec = codec;
    this.recordBytes = recordBytes;
    this.columns = columns;
  }

  /** Returns empty if the library is missing or does not support so large a number of columns. */
  static Optional<RecordCodec> open(int recordBytes, List<RecordColumn> layout) {
    byte[] description = new byte[4 * layout.size()];
    for (int i = 0; i < layout.size(); i++) {
      RecordColumn column = layout.get(i);
      description[4 * i] = (byte) column.offset();
      description[4 * i + 1] = (byte) column.bytes();
      description[4 * i + 2] = (byte) column.storage().ordinal();
      description[4 * i + 3] = (byte) column.base();
    }
    List<String> names = layout.stream().map(RecordColumn::name).toList();
    return NativeColumns.open(
            recordBytes,
            description,
            names.indexOf("start_time"),
            names.indexOf("end_time"),
            names.indexOf("receive_to_start_cycles"))
        .map(opened -> new NativeCodec(opened, recordBytes, layout.size()));
  }

  @Override
  public int maxBytes(int records) {
    return JavaCodec.maxBytes(records, recordBytes, columns);
  }

  @Override
  public void observe(TaskObserver newObserver) {
    observer = newObserver;
    if (newObserver != null) {
      observed = NativeColumns.address(newObserver.memory());
      observedBytes = newObserver.memory().capacity();
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // compares identity, not content
  public void begin(ByteBuffer into, int start, int instance, int records) {
    Objects.checkFromIndexSize(start, maxBytes(records), into.capacity());
    if (into != target) {
      target = into;
      targetAddress = NativeColumns.address(into);
    }
    startAt = start;
    endAt = start;
    left = records;
    isFirst = true;
    if (observer != null) {
      counts = place(observer.countsOfCore(instance), TaskObserver.CORE_BYTES);
      durations = place(observer.durationsOfCore(instance), LogLinearHistogram.SIZE_BYTES);
      latencies = place(observer.latenciesOfCore(instance), LogLinearHistogram.SIZE_BYTES);
    } else {
      counts = 0;
    }
  }

  private long place(int at, int bytes) {
    return observed + Objects.checkFromIndexSize(at, bytes, observedBytes);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // compares identity, not content
  public void append(ByteBuffer from, int start, int records) {
    Objects.checkFromIndexSize(start, (long) records * recordBytes, from.capacity());
    Objects.checkFromIndexSize(0, records, left);
    if (from != source) {
      source = from;
      sourceAddress = NativeColumns.address(from);
    }
    left -= records;
    encode(sourceAddress + start, records, left == 0);
  }

  private void encode(long records, int count, boolean isLast) {
    int flags = (isFirst ? NativeColumns.FIRST : 0) | (isLast ? NativeColumns.LAST : 0);
    isFirst = false;
    long end =
        codec.encode(flags, targetAddress + startAt, records, count, counts, durations, latencies);
    endAt = (int) (end - targetAddress);
  }

  /** Writes the partial block if fewer records were appended than announced. */
  @Override
  public int end() {
    if (left > 0 && !isFirst) {
      encode(0, 0, true);
    }
    return endAt;
  }

  @Override
  public boolean decode(ByteBuffer from, int records, ByteBuffer into) {
    Objects.checkFromIndexSize(0, (long) records * recordBytes, into.capacity());
    return codec.decode(
        NativeColumns.address(from) + from.position(),
        from.remaining(),
        records,
        NativeColumns.address(into));
  }
}
