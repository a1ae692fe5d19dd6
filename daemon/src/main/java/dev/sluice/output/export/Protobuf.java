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

  /** A tag, a length, and bytes. */
  static int bytes(byte[] into, int at, int tag, byte[] bytes, int length) {
    int next = varint(into, tag(into, at, tag), length);
    System.arraycopy(bytes, 0, into, next, length);
    return next + length;
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
    if (length >>> (7 * lengthBytes) != 0) {
      throw new IllegalStateException(length + " bytes need a longer length");
    }
    for (int i = 0; i < lengthBytes - 1; i++) {
      into[at + i] = (byte) ((length >>> (7 * i)) | 0x80);
    }
    into[at + lengthBytes - 1] = (byte) (length >>> (7 * (lengthBytes - 1)));
  }
}
