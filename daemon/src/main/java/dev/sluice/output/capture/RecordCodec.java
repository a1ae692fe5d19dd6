package dev.sluice.output.capture;

import dev.sluice.abi.RecordColumn;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Encodes the records of one kind into a frame payload and back. {@link JavaCodec} specifies the
 * bytes and is the reference; {@link NativeCodec} writes the same bytes in half the time and is
 * used wherever its library loads. While encoding, neither allocates unless the buffer changes. One
 * thread.
 *
 * <p>Use: {@link #begin}, then {@link #append} for each run of records, then {@link #end}.
 */
interface RecordCodec {

  /** Returns a codec for records of this size and columns, native if this process can load it. */
  static RecordCodec of(int recordBytes, List<RecordColumn> columns) {
    return NativeCodec.open(recordBytes, columns)
        .orElseGet(() -> new JavaCodec(recordBytes, columns));
  }

  /** Returns the most that {@link #begin} to {@link #end} write for {@code records} records. */
  int maxBytes(int records);

  /** Sets the observer of the tasks that are encoded from now on; null for none. */
  void observe(TaskObserver observer);

  /**
   * Starts a payload.
   *
   * @param into direct, little endian, with room for {@link #maxBytes} from {@code start} on
   * @param instance core or thread, for the observer
   * @param records number of records that will be appended
   */
  void begin(ByteBuffer into, int start, int instance, int records);

  /**
   * Appends contiguous records from a little-endian direct buffer.
   *
   * @param start offset of the first record, a multiple of 8
   */
  void append(ByteBuffer from, int start, int records);

  /** Closes the payload and returns its end offset. */
  int end();

  /**
   * Decodes a payload.
   *
   * @param from position and limit delimit the payload; unchanged
   * @param into direct, little endian, with room for the records from position 0; only its content
   *     changes, and bytes without a column become 0
   * @return false if the bytes are not a payload of {@code records} records
   */
  boolean decode(ByteBuffer from, int records, ByteBuffer into);
}
