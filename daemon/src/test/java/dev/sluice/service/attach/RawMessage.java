package dev.sluice.service.attach;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A message of the attach protocol, built byte by byte: independent of the code under test, and
 * able to be malformed.
 */
public final class RawMessage {
  public static final int HEADER_BYTES = 16;
  public static final int MAGIC = 0x43554C53;

  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 15).order(ByteOrder.LITTLE_ENDIAN);

  private RawMessage(int type) {
    bytes.putInt(MAGIC).putShort((short) 2).putShort((short) type).putInt(0).putInt(0);
  }

  public static RawMessage of(int type) {
    return new RawMessage(type);
  }

  /** Adds a field of 64-bit numbers. */
  public RawMessage number(int key, long... numbers) {
    ByteBuffer value =
        ByteBuffer.allocate(Long.BYTES * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(numbers).forEach(value::putLong);
    return field(key, 0, value.array());
  }

  public RawMessage text(int key, String text) {
    return field(key, 0, text.getBytes(StandardCharsets.UTF_8));
  }

  public RawMessage field(int key, int flags, byte[] value) {
    bytes.putShort((short) key).putShort((short) flags).putInt(value.length).put(value);
    while (bytes.position() % Long.BYTES != 0) {
      bytes.put((byte) 0);
    }
    return this;
  }

  /** Returns the whole message with its length set in the header. */
  public ByteBuffer bytes() {
    int length = bytes.position();
    return ByteBuffer.wrap(Arrays.copyOf(bytes.array(), length))
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(8, length);
  }

  // --- reading ---------------------------------------------------------------------------------

  public static int version(ByteBuffer message) {
    return message.getShort(4);
  }

  public static int type(ByteBuffer message) {
    return message.getShort(6);
  }

  /** Returns the value of a field; empty if absent. */
  public static ByteBuffer find(ByteBuffer message, int key) {
    int at = HEADER_BYTES;
    while (at < message.getInt(8)) {
      int length = message.getInt(at + 4);
      if (message.getShort(at) == key) {
        return message.slice(at + 8, length).order(ByteOrder.LITTLE_ENDIAN);
      }
      at += 8 + (length + 7) / 8 * 8;
    }
    return ByteBuffer.allocate(0);
  }

  public static long number(ByteBuffer message, int key) {
    return number(message, key, 0);
  }

  /** Returns one of a field's numbers. */
  public static long number(ByteBuffer message, int key, int index) {
    return find(message, key).getLong(Long.BYTES * index);
  }

  public static byte[] bytes(ByteBuffer message, int key) {
    ByteBuffer value = find(message, key);
    byte[] bytes = new byte[value.remaining()];
    value.get(bytes);
    return bytes;
  }

  public static String text(ByteBuffer message, int key) {
    return new String(bytes(message, key), StandardCharsets.UTF_8);
  }
}
