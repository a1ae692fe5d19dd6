package dev.sluice.device;

import java.nio.ByteBuffer;

/**
 * Access to the bytes of an arena; the only abstraction over placements. Offsets are bytes from
 * arena byte 0; an offset outside the arena throws and never accesses other memory.
 *
 * <p>The method name gives the memory order. {@code Acquire} orders later reads after it, {@code
 * Release} orders earlier writes before it, both as seen by the device: an implementation over a
 * mapping that is not coherent with the CPU must use the stronger fence required for this
 * (docs/memory-order.md). Control words are single aligned 4- or 8-byte accesses, never part of a
 * wider read-modify-write, since device and host write different words of one cache line (abi.md,
 * Who writes what).
 */
public interface DeviceMemory {
  long sizeBytes();

  /**
   * Makes a range that the device wrote and the host now owns readable by plain loads and by {@link
   * #payload}. No-op where the host reads device memory directly.
   *
   * @return false if the memory is unreachable: loads return stale data, which must not be used
   */
  boolean fetch(int offset, int length);

  /** Whether {@link #fetch} copies; otherwise it is a no-op. */
  boolean isCopied();

  /**
   * Returns the first error code of an access; 0 while the memory works. After the first failure
   * the device's memory is not accessed: reads return the last values, writes are dropped. Any
   * thread.
   */
  int failure();

  /**
   * Returns the control words of a range for one reader of many words: where each word costs a
   * copy, {@link ControlWords#refresh} fetches all of them with one. Single thread.
   */
  default ControlWords words(int offset, int length) {
    return new LiveWords(this);
  }

  /** Plain read of the host's own words or of fetched data. */
  int loadInt(int offset);

  /** Plain read, like {@link #loadInt}. */
  long loadLong(int offset);

  /** Reads an index or counter that the device writes. */
  int loadIntAcquire(int offset);

  /** Reads a pointer that the device writes. */
  long loadLongAcquire(int offset);

  /** Plain write, made visible by a later release. */
  void storeInt(int offset, int value);

  /** Plain write, made visible by a later release. */
  void storeLong(int offset, long value);

  /** Publishes an index. */
  void storeIntRelease(int offset, int value);

  /** Writes zeros to memory that the host owns. */
  void zero(int offset, int length);

  /** Returns a little-endian view for reading payload that the host owns, by absolute index. */
  ByteBuffer payload();
}
