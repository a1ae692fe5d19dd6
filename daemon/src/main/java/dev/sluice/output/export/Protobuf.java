package dev.sluice.output.export;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Protobuf's encoding, into an array; each method returns the position after what it wrote. Lengths
 * of messages are reserved and filled in afterwards, for which a varint may be longer than need be.
 */
final class Protobuf {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** In each of four bytes: another one follows. */
  private static final int CONTINUED = 0x80808080;

  private Protobuf() {}

  /** A number in groups of seven bits. Up to three bytes behind it may change. */
  static int varint(byte[] into, int at, long value) {
    int next = at;
    long rest = value;
    while (rest >>> 28 != 0) {
      INT.set(into, next, spread((int) rest) | CONTINUED);
      next += Integer.BYTES;
      rest >>>= 28;
    }
    if (rest < 1 << 7) {
      into[next] = (byte) rest;
      return next + 1;
    }
    int last = (int) rest;
    // A seventh of the bits, rounded up; exact up to 28 of them.
    int bytes = ((38 - Integer.numberOfLeadingZeros(last)) * 37) >>> 8;
    INT.set(into, next, spread(last) | (CONTINUED & ((1 << (Byte.SIZE * (bytes - 1))) - 1)));
    return next + bytes;
  }

  /** The four lowest groups of seven bits, each in a byte of its own. */
  private static int spread(int bits) {
    return (bits & 0x7F)
        | ((bits & 0x3F80) << 1)
        | ((bits & 0x1FC000) << 2)
        | ((bits & 0xFE00000) << 3);
  }

  /** A tag and a varint. */
  static int field(byte[] into, int at, int tag, long value) {
    return varint(into, tag(into, at, tag), value);
  }

  /** A tag and eight bytes. */
  static int fixed64(byte[] into, int at, int tag, long value) {
    int next = tag(into, at, tag);
    LONG.set(into, next, value);
    return next + Long.BYTES;
  }

  /** A tag, a length, and bytes. Up to two words behind the bytes may change. */
  static int bytes(byte[] into, int at, int tag, byte[] bytes, int length) {
    int next = varint(into, tag(into, at, tag), length);
    if (length <= 2 * Long.BYTES && bytes.length >= 2 * Long.BYTES) {
      // Nearly all: two words are cheaper than a copy, and what they write too much comes later.
      setWord(into, next, word(bytes, 0));
      setWord(into, next + Long.BYTES, word(bytes, Long.BYTES));
    } else {
      System.arraycopy(bytes, 0, into, next, length);
    }
    return next + length;
  }

  /** Eight bytes as a number, the first one lowest. */
  static long word(byte[] from, int at) {
    return (long) LONG.get(from, at);
  }

  /** The reverse. */
  static void setWord(byte[] into, int at, long word) {
    LONG.set(into, at, word);
  }

  /** A tag; all of ours have one byte or two. */
  static int tag(byte[] into, int at, int tag) {
    if (tag < 0x80) {
      into[at] = (byte) tag;
      return at + 1;
    }
    into[at] = (byte) (tag | 0x80);
    into[at + 1] = (byte) (tag >>> 7);
    return at + 2;
  }

  /**
   * Fills in the length of the message that ends at {@code end}.
   *
   * @param at where the reserved bytes are; the message follows them
   */
  static void fillLength(byte[] into, int at, int lengthBytes, int end) {
    int length = end - at - lengthBytes;
    if (lengthBytes == 1 && length < 1 << 7) {
      into[at] = (byte) length;
      return;
    }
    if (lengthBytes == 2 && length < 1 << 14) {
      into[at] = (byte) (length | 0x80);
      into[at + 1] = (byte) (length >>> 7);
      return;
    }
    if (length >>> (7 * lengthBytes) != 0) {
      throw new IllegalStateException(length + " bytes need a longer length");
    }
    for (int i = 0; i < lengthBytes - 1; i++) {
      into[at + i] = (byte) ((length >>> (7 * i)) | 0x80);
    }
    into[at + lengthBytes - 1] = (byte) (length >>> (7 * (lengthBytes - 1)));
  }
}
