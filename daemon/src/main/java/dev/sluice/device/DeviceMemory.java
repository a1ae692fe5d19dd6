package dev.sluice.device;

import java.nio.ByteBuffer;

/**
 * How the host reaches the bytes of an arena; the one place where placements differ. Offsets are
 * bytes from arena byte 0, and an offset outside the arena throws: it never reads elsewhere.
 *
 * <p>The memory order is in the method name. {@code Acquire} orders later reads after it, {@code
 * Release} orders earlier writes before it, both as the device sees them: an implementation over a
 * mapping that the CPU does not keep coherent must use the stronger fence that this takes (abi.md
 * 4.0). Control words are single aligned 4- or 8-byte accesses, never part of a wider
 * read-modify-write, since device and host write different words of one cache line (abi.md 4.13).
 */
public interface DeviceMemory {
  long sizeBytes();

  /**
   * Makes a range that the device wrote, and that the host owns now, readable by plain loads and by
   * {@link #payload}. Where the host reads the device's own memory there is nothing to do.
   *
   * @return false if the memory cannot be reached: what a load gives is old, and must not be used
   */
  boolean fetch(int offset, int length);

  /** Whether {@link #fetch} is a copy, which takes its time, and not nothing. */
  boolean isCopied();

  /**
   * The first code with which reaching the memory failed; 0 while it works. After the first failure
   * the device's memory is not touched any more: reads give what was read last, writes go nowhere.
   * Any thread.
   */
  int failure();

  /**
   * Control words of a range, for one reader that looks at many of them at once: where each word
   * costs a copy, {@link ControlWords#refresh} brings all of them by one. Used by one thread.
   */
  default ControlWords words(int offset, int length) {
    return new LiveWords(this);
  }

  /** A plain read: of one's own words, or of what was fetched. */
  int loadInt(int offset);

  /** A plain read, as {@link #loadInt}. */
  long loadLong(int offset);

  /** Reads an index or counter that the device writes. */
  int loadIntAcquire(int offset);

  /** Reads a pointer that the device writes. */
  long loadLongAcquire(int offset);

  /** A plain write, made visible by a later release. */
  void storeInt(int offset, int value);

  /** A plain write, made visible by a later release. */
  void storeLong(int offset, long value);

  /** Publishes an index. */
  void storeIntRelease(int offset, int value);

  /** Writes zeros; used on memory that the host owns. */
  void zero(int offset, int length);

  /** Little-endian view for reading payload that the host owns, by absolute index. */
  ByteBuffer payload();
}
