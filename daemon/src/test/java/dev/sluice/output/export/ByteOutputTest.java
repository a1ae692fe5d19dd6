package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ByteOutputTest {
  private interface Puts {
    void into(ByteOutput out) throws IOException;
  }

  private static String text(Puts puts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ByteOutput out = new ByteOutput(bytes)) {
      puts.into(out);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Property
  void shouldWriteEveryUnsignedNumber(@ForAll long value) throws IOException {
    assertEquals(Long.toUnsignedString(value), text(out -> out.putUnsigned(value)));
  }

  @Test
  void shouldWriteNumbersAroundEveryPowerOfTen() throws IOException {
    for (long power = 1; power > 0 && power < Long.MAX_VALUE / 10; power *= 10) {
      for (long value : new long[] {power - 1, power, power + 1, 5 * power}) {
        assertEquals(Long.toUnsignedString(value), text(out -> out.putUnsigned(value)));
      }
    }
  }

  @Property
  void shouldWriteEverySignedNumber(@ForAll int value) throws IOException {
    assertEquals(Integer.toString(value), text(out -> out.putSigned(value)));
  }

  @Property
  void shouldWriteMicrosecondsThatMeanTheNanoseconds(
      @ForAll @LongRange(min = 0, max = 1L << 52) long ns) throws IOException {
    String micros = text(out -> out.putMicros(ns));
    assertEquals(ns, new java.math.BigDecimal(micros).movePointRight(3).longValueExact());
  }

  @Test
  void shouldWriteMoreThanOneChunk() throws IOException {
    String line = "0123456789".repeat(100);
    int lines = 5 * ChunkWriter.CHUNK_BYTES / line.length();
    String all =
        text(
            out -> {
              for (int i = 0; i < lines; i++) {
                out.putText(line);
              }
            });
    assertEquals(line.repeat(lines), all);
  }

  @Test
  void shouldThrowWhatTheOutputThrew() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    IOException thrown =
        assertThrows(
            IOException.class,
            () -> {
              try (ByteOutput out = new ByteOutput(full)) {
                for (int i = 0; i < 100; i++) {
                  out.ensure(ChunkWriter.CHUNK_BYTES);
                  out.put(new byte[ChunkWriter.CHUNK_BYTES]);
                }
              }
            });
    assertEquals("No space left on device", thrown.getMessage());
  }
}
