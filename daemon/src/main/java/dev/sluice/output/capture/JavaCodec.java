package dev.sluice.output.capture;

import dev.sluice.abi.RecordColumn;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Encodes the records of one kind into a frame payload and back: blocks of up to {@value #BLOCK}
 * records, column by column. A column of a block holds its smallest value and, for each record, the
 * difference to it in as many bits as the largest difference needs.
 *
 * <pre>
 *   payload  block, block, ...            of {@value #BLOCK} records each, the last of the rest
 *   block    0 | column, column, ...      in the order of the kind's columns
 *            1 | records                  as the device wrote them, if columns take more
 *   column   previous i64                 DELTA columns of the first block and after a raw one
 *            width u8 | bytes u8 | base in that number of bytes, sign-extended
 *            width bits for each record, from the lowest bit of the first byte upwards
 * </pre>
 *
 * <p>A stored value is {@code base + bits}; {@link RecordColumn.Storage} defines its meaning. All
 * arithmetic is modulo 2^64, and differences in a column of less than 8 bytes are modulo 2^32, so
 * decoding restores every record bit for bit, whatever its content.
 *
 * <p>Each block is copied out of device memory once, into an array of 64 to 128 cache lines, since
 * a device may still write to a buffer that it has handed over. Encoding allocates only when the
 * source buffer changes. One thread.
 */
final class JavaCodec implements RecordCodec {
  /** Records per block. */
  static final int BLOCK = 64;

  private static final int COLUMNS = 0;
  private static final int RAW = 1;
  private static final int MAX_WIDTH = Long.SIZE;
  private static final int COLUMN_HEADER_BYTES = 2;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int recordBytes;
  private final int words;
  private final int columns;
  private final int[] offset;
  private final int[] bytes;
  private final RecordColumn.Storage[] storage;
  private final int[] base;

  // One block: its records, the values of each column, and the stored form of one column.
  private final long[] block;
  private final long[][] values;
  private final long[] stored = new long[BLOCK];
  private final long[] previous;
  private long lowest;
  private long highest;

  // Encoding.
  private ByteBuffer into;
  private int at;
  private int pending;
  private boolean isFirst;
  private int instance;
  private TaskObserver observer;
  private LongBuffer source;
  private ByteBuffer sourceBytes;

  // Decoding.
  private byte[] payload = new byte[0];
  private int limit;

  /**
   * @param recordBytes a multiple of 8
   */
  JavaCodec(int recordBytes, List<RecordColumn> layout) {
    this.recordBytes = recordBytes;
    this.words = recordBytes / Long.BYTES;
    this.columns = layout.size();
    this.offset = layout.stream().mapToInt(RecordColumn::offset).toArray();
    this.bytes = layout.stream().mapToInt(RecordColumn::bytes).toArray();
    this.base = layout.stream().mapToInt(RecordColumn::base).toArray();
    this.storage = layout.stream().map(RecordColumn::storage).toArray(RecordColumn.Storage[]::new);
    this.block = new long[BLOCK * words];
    this.values = new long[columns][BLOCK];
    this.previous = new long[columns];
  }

  @Override
  public int maxBytes(int records) {
    return maxBytes(records, recordBytes, columns);
  }

  static int maxBytes(int records, int recordBytes, int columns) {
    int blocks = (records + BLOCK - 1) / BLOCK;
    // Excess of a block in columns before it turns out to be larger than its records.
    int slack = columns * (2 * Long.BYTES + COLUMN_HEADER_BYTES) + Long.BYTES;
    return blocks + records * recordBytes + slack;
  }

  @Override
  public void observe(TaskObserver newObserver) {
    observer = newObserver;
  }

  @Override
  public void begin(ByteBuffer payloadInto, int start, int ofInstance, int records) {
    into = payloadInto;
    at = start;
    instance = ofInstance;
    pending = 0;
    isFirst = true;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // compares identity, not content
  public void append(ByteBuffer from, int start, int records) {
    if (from != sourceBytes) {
      sourceBytes = from;
      source = from.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    }
    int first = start / Long.BYTES;
    for (int done = 0; done < records; ) {
      int taken = Math.min(BLOCK - pending, records - done);
      source.get(first + done * words, block, pending * words, taken * words);
      pending += taken;
      done += taken;
      if (pending == BLOCK) {
        encodeBlock();
      }
    }
  }

  @Override
  public int end() {
    if (pending > 0) {
      encodeBlock();
    }
    return at;
  }

  private void encodeBlock() {
    int records = pending;
    pending = 0;
    int start = at;
    into.put(at++, (byte) COLUMNS);
    for (int column = 0; column < columns; column++) {
      long[] loaded = values[column];
      load(column, records, loaded);
      switch (storage[column]) {
        case PLAIN -> {
          span(loaded, records);
          pack(loaded, records);
        }
        case DELTA -> {
          long before = previous[column];
          if (isFirst) {
            // Extrapolated, so that the first difference equals the second.
            before = 2 * loaded[0] - loaded[Math.min(1, records - 1)];
            into.putLong(at, before);
            at += Long.BYTES;
          }
          differences(loaded, before, records, isSmall(column));
          previous[column] = loaded[records - 1];
          pack(stored, records);
        }
        case SINCE -> {
          differences(loaded, values[base[column]], records, isSmall(column));
          pack(stored, records);
        }
      }
    }
    isFirst = at - start > 1 + records * recordBytes;
    if (isFirst) {
      at = start;
      into.put(at++, (byte) RAW);
      for (int word = 0; word < records * words; word++) {
        into.putLong(at, block[word]);
        at += Long.BYTES;
      }
    }
    if (observer != null) {
      observer.onBlock(instance, values, records);
    }
  }

  private void load(int column, int records, long[] loaded) {
    int shift = 8 * (offset[column] % Long.BYTES);
    int word = offset[column] / Long.BYTES;
    switch (bytes[column]) {
      case 8 -> {
        for (int i = 0; i < records; i++, word += words) {
          loaded[i] = block[word];
        }
      }
      case 4 -> {
        for (int i = 0; i < records; i++, word += words) {
          loaded[i] = (int) (block[word] >>> shift);
        }
      }
      case 2 -> {
        for (int i = 0; i < records; i++, word += words) {
          loaded[i] = (short) (block[word] >>> shift);
        }
      }
      default -> {
        for (int i = 0; i < records; i++, word += words) {
          loaded[i] = (byte) (block[word] >>> shift);
        }
      }
    }
  }

  private boolean isSmall(int column) {
    return bytes[column] < Long.BYTES;
  }

  private void span(long[] of, int records) {
    long low = of[0];
    long high = low;
    for (int i = 1; i < records; i++) {
      low = Math.min(low, of[i]);
      high = Math.max(high, of[i]);
    }
    lowest = low;
    highest = high;
  }

  private void differences(long[] of, long before, int records, boolean isSmall) {
    long low = Long.MAX_VALUE;
    long high = Long.MIN_VALUE;
    long last = before;
    long[] target = stored;
    for (int i = 0; i < records; i++) {
      long exact = of[i] - last;
      long difference = isSmall ? (int) exact : exact;
      last = of[i];
      target[i] = difference;
      low = Math.min(low, difference);
      high = Math.max(high, difference);
    }
    lowest = low;
    highest = high;
  }

  private void differences(long[] of, long[] since, int records, boolean isSmall) {
    long low = Long.MAX_VALUE;
    long high = Long.MIN_VALUE;
    long[] target = stored;
    for (int i = 0; i < records; i++) {
      long exact = of[i] - since[i];
      long difference = isSmall ? (int) exact : exact;
      target[i] = difference;
      low = Math.min(low, difference);
      high = Math.max(high, difference);
    }
    lowest = low;
    highest = high;
  }

  private void pack(long[] of, int records) {
    long low = lowest;
    int width = MAX_WIDTH - Long.numberOfLeadingZeros(highest - low);
    int length = significantBytes(low);
    into.putShort(at, (short) (width | length << 8));
    into.putLong(at + COLUMN_HEADER_BYTES, low);
    at += COLUMN_HEADER_BYTES + length;
    if (width == 0) {
      return;
    }
    // Locals, because the loop would store fields at each step.
    ByteBuffer bits = into;
    int next = at;
    at += (records * width + 7) / 8;
    long word = 0;
    int used = 0;
    for (int i = 0; i < records; i++) {
      long rest = of[i] - low;
      word |= rest << used;
      used += width;
      if (used >= Long.SIZE) {
        bits.putLong(next, word);
        next += Long.BYTES;
        used -= Long.SIZE;
        word = used == 0 ? 0 : rest >>> (width - used);
      }
    }
    if (used > 0) {
      bits.putLong(next, word);
    }
  }

  /** Returns how many bytes restore the value by sign extension; 0 for 0. */
  private static int significantBytes(long value) {
    return value == 0 ? 0 : (MAX_WIDTH - Long.numberOfLeadingZeros(value ^ value >> 63)) / 8 + 1;
  }

  @Override
  public boolean decode(ByteBuffer from, int records, ByteBuffer into) {
    limit = from.remaining();
    if (payload.length < limit + Long.BYTES) {
      payload = new byte[limit + Long.BYTES];
    }
    from.get(from.position(), payload, 0, limit);
    at = 0;
    isFirst = true;
    LongBuffer target = into.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    for (int done = 0; done < records; done += BLOCK) {
      int count = Math.min(BLOCK, records - done);
      if (!decodeBlock(count)) {
        return false;
      }
      target.put(done * words, block, 0, count * words);
    }
    return at == limit;
  }

  private boolean decodeBlock(int records) {
    if (at >= limit) {
      return false;
    }
    int form = payload[at++];
    boolean isWhole = form == COLUMNS ? decodeColumns(records) : form == RAW && decodeRaw(records);
    isFirst = form == RAW;
    return isWhole;
  }

  private boolean decodeRaw(int records) {
    if (limit - at < records * recordBytes) {
      return false;
    }
    for (int word = 0; word < records * words; word++) {
      block[word] = (long) LONG.get(payload, at);
      at += Long.BYTES;
    }
    return true;
  }

  private boolean decodeColumns(int records) {
    Arrays.fill(block, 0, records * words, 0);
    for (int column = 0; column < columns; column++) {
      if (isFirst && storage[column] == RecordColumn.Storage.DELTA) {
        if (limit - at < Long.BYTES) {
          return false;
        }
        previous[column] = (long) LONG.get(payload, at);
        at += Long.BYTES;
      }
      if (!unpack(records)) {
        return false;
      }
      restore(column, records);
    }
    return true;
  }

  /** Reads the stored form of one column. */
  private boolean unpack(int records) {
    if (limit - at < COLUMN_HEADER_BYTES) {
      return false;
    }
    int width = payload[at];
    int length = payload[at + 1];
    at += COLUMN_HEADER_BYTES;
    if (width < 0
        || width > MAX_WIDTH
        || length < 0
        || length > Long.BYTES
        || limit - at < length + (records * width + 7) / 8) {
      return false;
    }
    int unused = Long.SIZE - 8 * length;
    long low = length == 0 ? 0 : (long) LONG.get(payload, at) << unused >> unused;
    at += length;
    int end = at + (records * width + 7) / 8;
    if (width == 0) {
      Arrays.fill(stored, 0, records, low);
      return true;
    }
    long mask = -1L >>> (MAX_WIDTH - width);
    long word = 0;
    int left = 0;
    int next = at;
    for (int i = 0; i < records; i++) {
      long rest = word;
      if (left < width) {
        word = (long) LONG.get(payload, next);
        next += Long.BYTES;
        rest |= left == 0 ? word : word << left;
        int taken = width - left;
        word = taken == Long.SIZE ? 0 : word >>> taken;
        left = Long.SIZE - taken;
      } else {
        word = width == Long.SIZE ? 0 : word >>> width;
        left -= width;
      }
      stored[i] = low + (rest & mask);
    }
    at = end;
    return true;
  }

  private void restore(int column, int records) {
    long[] restored = values[column];
    switch (storage[column]) {
      case PLAIN -> System.arraycopy(stored, 0, restored, 0, records);
      case DELTA -> {
        long value = previous[column];
        for (int i = 0; i < records; i++) {
          value += stored[i];
          restored[i] = value;
        }
        previous[column] = value;
      }
      case SINCE -> {
        long[] since = values[base[column]];
        for (int i = 0; i < records; i++) {
          restored[i] = since[i] + stored[i];
        }
      }
    }
    int shift = 8 * (offset[column] % Long.BYTES);
    int word = offset[column] / Long.BYTES;
    long mask = -1L >>> (Long.SIZE - 8 * bytes[column]);
    for (int i = 0; i < records; i++, word += words) {
      block[word] |= (restored[i] & mask) << shift;
    }
  }
}
