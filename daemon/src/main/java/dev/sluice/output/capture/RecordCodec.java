package dev.sluice.output.capture;

import dev.sluice.abi.RecordColumn;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Turns the records of one kind into the payload of a frame and back. {@link JavaCodec} describes
 * the bytes and is the reference; {@link NativeCodec} writes the same ones in half the time, and is
 * used wherever its library can be loaded. Neither allocates while it encodes. One thread.
 *
 * <p>Use: {@link #begin}, then {@link #append} for each run of records, then {@link #end}.
 */
interface RecordCodec {

  /** The codec for records of this size with these columns: native if this process can. */
  static RecordCodec of(int recordBytes, List<RecordColumn> columns) {
    return NativeCodec.open(recordBytes, columns)
        .orElseGet(() -> new JavaCodec(recordBytes, columns));
  }

  /** The most that {@link #begin} to {@link #end} write for so many records. */
  int maxBytes(int records);

  /** From now on counts the tasks in what is encoded; null for none. */
  void observe(TaskObserver observer);

  /**
   * Starts a payload.
   *
   * @param into direct, little endian, with room for {@link #maxBytes} from {@code start} on
   * @param instance core or thread, for the observer
   * @param records how many will be appended
   */
  void begin(ByteBuffer into, int start, int instance, int records);

  /**
   * Appends records that lie one after the other in a little-endian direct buffer.
   *
   * @param start offset of the first, a multiple of 8
   */
  void append(ByteBuffer from, int start, int records);

  /** Closes the payload and returns where it ends. */
  int end();

  /**
   * Decodes a payload.
   *
   * @param from position and limit around the payload; unchanged
   * @param into direct, little endian, with room for the records from position 0 on; unchanged but
   *     for its content, in which bytes without a column are 0
   * @return false if these bytes are no payload of so many records
   */
  boolean decode(ByteBuffer from, int records, ByteBuffer into);
}
