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

  private Protobuf() {}

  static int varint(byte[] into, int at, long value) {
    if (value >= 0 && value < 1 << 14) {
      if (value < 1 << 7) {
        into[at] = (byte) value;
        return at + 1;
      }
      into[at] = (byte) (value | 0x80);
      into[at + 1] = (byte) (value >>> 7);
      return at + 2;
    }
    int next = at;
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      into[next++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    into[next++] = (byte) rest;
    return next;
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
