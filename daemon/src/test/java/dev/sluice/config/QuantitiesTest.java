package dev.sluice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "4096, 4096",
    "1B, 1",
    "1kB, 1000",
    "1KB, 1000",
    "1KiB, 1024",
    "500MB, 500000000",
    "500 MB, 500000000",
    "2GB, 2000000000",
    "2GiB, 2147483648",
    "1.5GiB, 1610612736",
    "0.1KiB, 102",
    "3TB, 3000000000000",
    "1TiB, 1099511627776",
    "' 7MiB ', 7340032",
    "9223372036854775807, 9223372036854775807",
  })
  void shouldReadBytes(String text, long expected) {
    assertEquals(expected, Quantities.bytes(text));
  }

  @ParameterizedTest
  @CsvSource({
    "1GB/s, 1000000000",
    "500MB/s, 500000000",
    "500MB / s, 500000000",
    "1.5GiB/s, 1610612736",
    "200MBps, 200000000",
    "1B/s, 1",
    "max, 0",
    "unthrottled, 0",
  })
  void shouldReadRates(String text, long expected) {
    assertEquals(expected, Quantities.bytesPerSecond(text));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "7ns, 7",
    "30us, 30000",
    "30µs, 30000",
    "30μs, 30000",
    "1ms, 1000000",
    "0.5ms, 500000",
    "10s, 10000000000",
    "10 s, 10000000000",
    "2m, 120000000000",
    "1h, 3600000000000",
    "1d, 86400000000000",
  })
  void shouldReadDurations(String text, long expected) {
    assertEquals(expected, Quantities.nanos(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|must start with a number",
        "many|must start with a number",
        "-1MB|must not be negative",
        "1.2.3MB|not a number",
        "1.|must start with a number",
        ".5GB|must start with a number",
        "1M|write MB or MiB",
        "2g|write GB or GiB",
        "1Mb|did you mean MB?",
        "1gib|did you mean GiB?",
        "1.5B|whole number of bytes",
        "1.5|whole number of bytes",
        "1XB|unknown unit 'XB'",
        "9223372036854775808|too large",
        "9000000TiB|too large",
        "1e9|unknown unit 'e9'",
      })
  void shouldRefuseWhatIsNoSize(String text, String reason) {
    assertRefused(reason, () -> Quantities.bytes(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1GB|write 1GB/s",
        "1000|write 1000B/s",
        "1000/s|the unit is missing",
        "0MB/s|at least 1B/s",
        "1Gb/s|did you mean GB?",
        "1G/s|write GB or GiB",
        "-1MB/s|must not be negative",
        "fast|must start with a number",
      })
  void shouldRefuseWhatIsNoRate(String text, String reason) {
    assertRefused(reason, () -> Quantities.bytesPerSecond(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10|the unit is missing",
        "10sec|unknown unit 'sec'",
        "10 M|unknown unit 'M'",
        "-1s|must not be negative",
        "1.5ns|whole number of nanoseconds",
        "200000d|too large",
      })
  void shouldRefuseWhatIsNoDuration(String text, String reason) {
    assertRefused(reason, () -> Quantities.nanos(text));
  }

  @Test
  void shouldWriteRefusalsOnOneLineWithAnExample() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> Quantities.bytes("1M"));
    assertEquals(
        "'1M' is not a size: 'M' is ambiguous, write MB or MiB"
            + " (for example 4096, 500MB or 2GiB)",
        refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "1, 1B",
    "999, 999B",
    "1000, 1kB",
    "1024, 1KiB",
    "500000000, 500MB",
    "1073741824, 1GiB",
    "1610612736, 1536MiB",
    "2147418112, 2.15GB",
    "1234567, 1.23MB",
    "999999999, 1GB",
    "-1024, -1KiB",
  })
  void shouldFormatBytes(long bytes, String expected) {
    assertEquals(expected, Quantities.formatBytes(bytes));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B/s",
    "999.4, 999B/s",
    "999.6, 1kB/s",
    "1000000000, 1GB/s",
    "1874000000, 1.87GB/s",
    "12340000, 12.3MB/s",
    "-5000, -5kB/s",
    "NaN, NaNB/s",
  })
  void shouldFormatRates(double rate, String expected) {
    assertEquals(expected, Quantities.formatRate(rate));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0ns",
    "850, 850ns",
    "12345, 12.3us",
    "30000, 30us",
    "999999, 1ms",
    "1000000, 1ms",
    "10000000000, 10s",
    "99400000000, 99.4s",
    "125000000000, 2m 5s",
    "120000000000, 2m",
    "7260000000000, 2h 1m",
    "7200000000000, 2h",
    "-30000, -30us",
  })
  void shouldFormatDurations(long nanos, String expected) {
    assertEquals(expected, Quantities.formatNanos(nanos));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, 999, 1000, 1001, 1024, 65536, 2147418112L, 500_000_000L, Long.MAX_VALUE})
  void shouldReadBackExactBytes(long bytes) {
    assertEquals(bytes, Quantities.bytes(Quantities.exactBytes(bytes)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 1000, 1_500_000, 60_000_000_000L, 90_000_000_000L, Long.MAX_VALUE})
  void shouldReadBackExactNanos(long nanos) {
    assertEquals(nanos, Quantities.nanos(Quantities.exactNanos(nanos)));
  }

  private static void assertRefused(String reason, Runnable read) {
    String message = assertThrows(IllegalArgumentException.class, read::run).getMessage();
    assertTrue(message.contains(reason), message);
    assertTrue(message.indexOf('\n') < 0, "one line: " + message);
  }
}
