package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.testkit.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
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

  @Test
  void shouldWriteEveryUnsignedNumber() {
    Seeds.forEach(
        1000,
        random -> {
          // By a random number of bits: else nearly every number had 19 digits or 20.
          long value = random.nextLong() >>> random.nextInt(64);
          assertEquals(Long.toUnsignedString(value), text(out -> out.putUnsigned(value)));
        });
  }

  @Test
  void shouldWriteNumbersAroundEveryPowerOfTen() throws IOException {
    for (long power = 1; power > 0 && power < Long.MAX_VALUE / 10; power *= 10) {
      for (long value : new long[] {power - 1, power, power + 1, 5 * power}) {
        assertEquals(Long.toUnsignedString(value), text(out -> out.putUnsigned(value)));
      }
    }
  }

  @Test
  void shouldWriteEverySignedNumber() throws IOException {
    Seeds.forEach(
        1000,
        random -> {
          int value = random.nextInt() >> random.nextInt(32);
          assertEquals(Integer.toString(value), text(out -> out.putSigned(value)));
        });
    for (int value : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertEquals(Integer.toString(value), text(out -> out.putSigned(value)));
    }
  }

  @Test
  void shouldWriteMicrosecondsThatMeanTheNanoseconds() {
    Seeds.forEach(
        1000,
        random -> {
          long ns = random.nextLong() >>> (12 + random.nextInt(52));
          String micros = text(out -> out.putMicros(ns));
          assertEquals(ns, new BigDecimal(micros).movePointRight(3).longValueExact());
        });
  }

  @Test
  void shouldWriteMoreThanOneChunk() throws IOException {
    String line = "0123456789".repeat(100);
    int lines = 5 * ByteOutput.CHUNK_BYTES / line.length();
    String all =
        text(
            out -> {
              for (int i = 0; i < lines; i++) {
                out.putText(line);
              }
            });
    assertEquals(line.repeat(lines), all);
  }

  /** Digits are put by the word, which must not need more room than they were given. */
  @Test
  void shouldPutNumbersUpToTheEndOfAChunk() throws IOException {
    for (long number = 1; number > 0 && number < Long.MAX_VALUE / 10; number = 10 * number + 1) {
      String digits = Long.toString(number);
      String line = "-".repeat(ByteOutput.CHUNK_BYTES - digits.length());
      long last = number;
      assertEquals(
          line + digits + "0.001",
          text(
              out -> {
                out.putText(line);
                out.ensure(digits.length());
                out.putUnsigned(last);
                out.ensure(5);
                out.putMicros(1);
              }));
    }
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
                  out.ensure(ByteOutput.CHUNK_BYTES);
                  out.put(new byte[ByteOutput.CHUNK_BYTES]);
                }
              }
            });
    assertEquals("No space left on device", thrown.getMessage());
  }
}
