package dev.sluice.config;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Converts sizes, rates and durations between text and numbers.
 *
 * <p>Decimal and binary units are distinct: {@code MB} is 10^6 bytes, {@code MiB} is 2^20. A bare
 * {@code M} or a lower-case {@code b} (a bit) is rejected rather than guessed. The number may have
 * a fraction ({@code 1.5GiB}); the result is truncated to the base unit. Values are never negative.
 * All methods are pure functions; an invalid text throws {@link IllegalArgumentException} with one
 * line that shows the legal form.
 */
public final class Quantities {
  private static final Map<String, Long> BYTE_UNITS = new LinkedHashMap<>();
  private static final Map<String, Long> TIME_UNITS = new LinkedHashMap<>();
  private static final String BYTES_EXAMPLES = "for example 4096, 500MB or 2GiB";
  private static final String RATE_EXAMPLES = "for example 500MB/s, 1GiB/s or max";
  private static final String TIME_EXAMPLES = "for example 30us, 1ms, 10s or 2m";
  private static final BigDecimal LONG_MAX = BigDecimal.valueOf(Long.MAX_VALUE);

  static {
    BYTE_UNITS.put("B", 1L);
    BYTE_UNITS.put("kB", 1_000L);
    BYTE_UNITS.put("KB", 1_000L);
    BYTE_UNITS.put("MB", 1_000_000L);
    BYTE_UNITS.put("GB", 1_000_000_000L);
    BYTE_UNITS.put("TB", 1_000_000_000_000L);
    BYTE_UNITS.put("KiB", 1L << 10);
    BYTE_UNITS.put("MiB", 1L << 20);
    BYTE_UNITS.put("GiB", 1L << 30);
    BYTE_UNITS.put("TiB", 1L << 40);
    TIME_UNITS.put("ns", 1L);
    TIME_UNITS.put("us", 1_000L);
    TIME_UNITS.put("µs", 1_000L); // micro sign, U+00B5
    TIME_UNITS.put("μs", 1_000L); // Greek mu, U+03BC: what many keyboards produce instead
    TIME_UNITS.put("ms", 1_000_000L);
    TIME_UNITS.put("s", 1_000_000_000L);
    TIME_UNITS.put("m", 60_000_000_000L);
    TIME_UNITS.put("h", 3_600_000_000_000L);
    TIME_UNITS.put("d", 86_400_000_000_000L);
  }

  private Quantities() {}

  /** Parses {@code 4096}, {@code 500MB} or {@code 2GiB} to bytes. */
  public static long bytes(String text) {
    Split split = split(text, "size", BYTES_EXAMPLES);
    long unit = split.unit.isEmpty() ? 1 : byteUnit(split.unit, text, "size", BYTES_EXAMPLES);
    return scale(split.number, unit, text, "size", "bytes", BYTES_EXAMPLES);
  }

  /** Parses {@code 500MB/s} to bytes per second; {@code max} and {@code unthrottled} to 0. */
  public static long bytesPerSecond(String text) {
    String trimmed = text.strip();
    if (trimmed.equals("max") || trimmed.equals("unthrottled")) {
      return 0;
    }
    Split split = split(trimmed, "rate", RATE_EXAMPLES);
    String unit = split.unit.replace(" ", "");
    if (unit.isEmpty() && split.number.signum() == 0) {
      throw bad("rate", text, "it must be at least 1B/s", RATE_EXAMPLES);
    }
    if (!unit.endsWith("/s") && !unit.endsWith("ps")) {
      String whole = unit.isEmpty() ? trimmed + "B/s" : trimmed + "/s";
      throw bad("rate", text, "a rate is per second, write " + whole, RATE_EXAMPLES);
    }
    String bytes = unit.substring(0, unit.length() - 2);
    long factor = byteUnit(bytes, text, "rate", RATE_EXAMPLES);
    long rate = scale(split.number, factor, text, "rate", "bytes per second", RATE_EXAMPLES);
    if (rate == 0) {
      // 0 stands for "unthrottled", but a user who writes 0 does not mean full speed.
      throw bad("rate", text, "it must be at least 1B/s", RATE_EXAMPLES);
    }
    return rate;
  }

  /** Parses {@code 30us}, {@code 1ms} or {@code 2m} to nanoseconds; only 0 needs no unit. */
  public static long nanos(String text) {
    Split split = split(text, "duration", TIME_EXAMPLES);
    if (split.unit.isEmpty()) {
      if (split.number.signum() == 0) {
        return 0;
      }
      throw bad("duration", text, "the unit is missing", TIME_EXAMPLES);
    }
    Long unit = TIME_UNITS.get(split.unit);
    if (unit == null) {
      throw bad("duration", text, "unknown unit '" + split.unit + "'", TIME_EXAMPLES);
    }
    return scale(split.number, unit, text, "duration", "nanoseconds", TIME_EXAMPLES);
  }

  /** Formats for people: exact if a unit divides it ({@code 2GiB}, {@code 500MB}), or 3 digits. */
  public static String formatBytes(long bytes) {
    String exact = exactBytes(bytes);
    return Math.abs(number(exact)) < 10_000 ? exact : threeDigits(bytes, "B");
  }

  /** Returns the shortest text that {@link #bytes} reads back as the same number. */
  public static String exactBytes(long bytes) {
    String shortest = bytes + "B";
    for (Map.Entry<String, Long> unit : BYTE_UNITS.entrySet()) {
      if (bytes != 0 && bytes % unit.getValue() == 0 && !unit.getKey().equals("KB")) {
        String candidate = bytes / unit.getValue() + unit.getKey();
        if (Math.abs(bytes / unit.getValue()) < Math.abs(number(shortest))) {
          shortest = candidate;
        }
      }
    }
    return shortest;
  }

  /** Formats for people, decimal, 3 digits: {@code 1.87GB/s}. Passes NaN and infinity through. */
  public static String formatRate(double bytesPerSecond) {
    if (!Double.isFinite(bytesPerSecond)) {
      return bytesPerSecond + "B/s";
    }
    return threeDigits(bytesPerSecond, "B/s");
  }

  /** Formats for people, 3 digits: {@code 850ns}, {@code 12.3us}, {@code 10s}, {@code 2m 5s}. */
  public static String formatNanos(long nanos) {
    if (nanos < 0) {
      return "-" + formatNanos(nanos == Long.MIN_VALUE ? Long.MAX_VALUE : -nanos);
    }
    long seconds = Math.round(nanos / 1e9);
    if (seconds >= 3600) {
      long minutes = Math.round(nanos / 60e9);
      return minutes / 60 + "h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + "m");
    }
    if (seconds >= 100) {
      return seconds / 60 + "m" + (seconds % 60 == 0 ? "" : " " + seconds % 60 + "s");
    }
    String[] units = {"ns", "us", "ms", "s"};
    int step = 0;
    double value = nanos;
    while (step < 3 && round3(value) >= 1000) {
      value /= 1000;
      step++;
    }
    return significant(value) + units[step];
  }

  /** Returns the shortest text that {@link #nanos} reads back as the same number. */
  public static String exactNanos(long nanos) {
    String shortest = nanos + "ns";
    for (Map.Entry<String, Long> unit : TIME_UNITS.entrySet()) {
      boolean ascii = unit.getKey().chars().allMatch(c -> c < 128);
      if (nanos != 0 && ascii && nanos % unit.getValue() == 0) {
        shortest = nanos / unit.getValue() + unit.getKey();
      }
    }
    return shortest;
  }

  private static String threeDigits(double value, String base) {
    String[] prefixes = {"", "k", "M", "G", "T", "P", "E"};
    int step = 0;
    double scaled = value;
    while (step < prefixes.length - 1 && Math.abs(round3(scaled)) >= 1000) {
      scaled /= 1000;
      step++;
    }
    return significant(scaled) + prefixes[step] + base;
  }

  private static double round3(double value) {
    return rounded(value).doubleValue();
  }

  private static String significant(double value) {
    BigDecimal rounded = rounded(value);
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }

  private static BigDecimal rounded(double value) {
    return BigDecimal.valueOf(value).round(new MathContext(3, RoundingMode.HALF_UP));
  }

  private static long number(String quantity) {
    int end = 0;
    while (end < quantity.length()
        && (Character.isDigit(quantity.charAt(end)) || quantity.charAt(end) == '-')) {
      end++;
    }
    return Long.parseLong(quantity.substring(0, end));
  }

  private static long byteUnit(String unit, String text, String noun, String examples) {
    Long factor = BYTE_UNITS.get(unit);
    if (factor != null) {
      return factor;
    }
    String wanted = unit.toUpperCase(Locale.ROOT);
    for (String known : BYTE_UNITS.keySet()) {
      String upper = known.toUpperCase(Locale.ROOT);
      if (upper.equals(wanted)) {
        throw bad(noun, text, "unknown unit '" + unit + "', did you mean " + known + "?", examples);
      }
      if (wanted.length() == 1 && !wanted.equals("B") && upper.equals(wanted + "B")) {
        String binary = wanted + "iB";
        throw bad(
            noun, text, "'" + unit + "' is ambiguous, write " + known + " or " + binary, examples);
      }
    }
    throw bad(
        noun,
        text,
        unit.isEmpty() ? "the unit is missing" : "unknown unit '" + unit + "'",
        examples);
  }

  private static long scale(
      BigDecimal number, long unit, String text, String noun, String base, String examples) {
    BigDecimal product = number.multiply(BigDecimal.valueOf(unit));
    if (unit == 1 && product.stripTrailingZeros().scale() > 0) {
      throw bad(noun, text, "it must be a whole number of " + base, examples);
    }
    BigDecimal whole = product.setScale(0, RoundingMode.DOWN);
    if (whole.compareTo(LONG_MAX) > 0) {
      throw bad(noun, text, "it is too large", examples);
    }
    return whole.longValueExact();
  }

  private static Split split(String text, String noun, String examples) {
    String trimmed = text.strip();
    int end = 0;
    while (end < trimmed.length() && isNumberPart(trimmed.charAt(end))) {
      end++;
    }
    String number = trimmed.substring(0, end);
    if (number.isEmpty() || number.startsWith(".") || number.endsWith(".")) {
      String why =
          trimmed.startsWith("-") ? "it must not be negative" : "it must start with a number";
      throw bad(noun, text, why, examples);
    }
    if (number.indexOf('.') != number.lastIndexOf('.') || number.length() > 40) {
      throw bad(noun, text, "'" + number + "' is not a number", examples);
    }
    return new Split(new BigDecimal(number), trimmed.substring(end).strip());
  }

  private static boolean isNumberPart(char c) {
    return (c >= '0' && c <= '9') || c == '.';
  }

  private static IllegalArgumentException bad(
      String noun, String text, String why, String examples) {
    return new IllegalArgumentException(
        "'" + text + "' is not a " + noun + ": " + why + " (" + examples + ")");
  }

  private record Split(BigDecimal number, String unit) {}
}
