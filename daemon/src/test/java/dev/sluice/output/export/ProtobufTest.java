package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ProtobufTest {
  /** The bytes must be the shortest ones, and the place behind them the right one. */
  private static void shouldWrite(long value) throws IOException {
    byte[] expected = new byte[CodedOutputStream.computeUInt64SizeNoTag(value)];
    CodedOutputStream.newInstance(expected).writeUInt64NoTag(value);
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) 0x55);
    int end = Protobuf.varint(bytes, 3, value);
    assertEquals(
        Arrays.toString(expected),
        Arrays.toString(Arrays.copyOfRange(bytes, 3, end)),
        Long.toUnsignedString(value));
    assertEquals(0x55, bytes[2]);
  }

  @Test
  void shouldWriteVarintsOfEveryLength() throws IOException {
    shouldWrite(0);
    for (int bit = 0; bit < Long.SIZE; bit++) {
      long power = 1L << bit;
      for (long value : new long[] {power - 1, power, power + 1, power | 0x5A, -power}) {
        shouldWrite(value);
      }
      // Each bit has its own place.
      shouldWrite(~power);
    }
  }

  @Test
  void shouldFillInLengthsOfEveryWidth() throws IOException {
    for (int lengthBytes : new int[] {1, 2, 4}) {
      for (int length : new int[] {0, 1, 127, 128, 16_383, 16_384, 100_000}) {
        if (length >>> (7 * lengthBytes) == 0) {
          byte[] bytes = new byte[8];
          Protobuf.fillLength(bytes, 1, lengthBytes, 1 + lengthBytes + length);
          CodedInputStream in = CodedInputStream.newInstance(bytes, 1, 7);
          assertEquals(length, in.readRawVarint32());
          assertEquals(lengthBytes, in.getTotalBytesRead());
        }
      }
    }
  }
}
