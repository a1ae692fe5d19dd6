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

  /** In each of eight bytes: another one follows. */
  private static final long CONTINUED = 0x8080808080808080L;

  /** Groups of seven bits that a word takes, one in each byte. */
  private static final int WORD_BITS = 7 * Long.BYTES;

  private Protobuf() {}

  /** A number in groups of seven bits. Up to seven bytes behind it may change. */
  static int varint(byte[] into, int at, long value) {
    if (value >>> WORD_BITS != 0) {
      LONG.set(into, at, spread(value) | CONTINUED);
      return varint(into, at + Long.BYTES, value >>> WORD_BITS);
    }
    // A seventh of the bits, rounded up; exact up to 56 of them.
    int bytes = ((70 - Long.numberOfLeadingZeros(value | 1)) * 37) >>> 8;
    LONG.set(into, at, spread(value) | (CONTINUED & ((1L << (Byte.SIZE * (bytes - 1))) - 1)));
    return at + bytes;
  }

  /** The eight lowest groups of seven bits, each in a byte of its own: halves, quarters, groups. */
  private static long spread(long bits) {
    long halves = (bits & 0xFFF_FFFFL) | (bits & 0xFF_FFFF_F000_0000L) << 4;
    long quarters = (halves & 0x3FFF_0000_3FFFL) | (halves & 0xFFF_C000_0FFF_C000L) << 2;
    return (quarters & 0x7F_007F_007F_007FL) | (quarters & 0x3F80_3F80_3F80_3F80L) << 1;
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

  /** A tag, a length, and bytes. */
  static int bytes(byte[] into, int at, int tag, byte[] bytes) {
    int next = varint(into, tag(into, at, tag), bytes.length);
    System.arraycopy(bytes, 0, into, next, bytes.length);
    return next + bytes.length;
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
