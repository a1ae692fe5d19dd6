package dev.sluice.tool;

import dev.sluice.config.Quantities;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The rate pattern of the producer.
 *
 * @param onNs length of a burst; 0 for a steady rate
 * @param offNs pause between bursts
 */
record BurstPattern(long onNs, long offNs) {
  static final BurstPattern STEADY = new BurstPattern(0, 0);

  static BurstPattern parse(String text) {
    if (text.equals("steady")) {
      return STEADY;
    }
    if (text.startsWith("burst:")) {
      String[] times = text.substring("burst:".length()).split(",", -1);
      if (times.length == 2) {
        BurstPattern pattern =
            new BurstPattern(Quantities.nanos(times[0]), Quantities.nanos(times[1]));
        if (pattern.onNs > 0) {
          return pattern;
        }
      }
    }
    throw new IllegalArgumentException(
        "'"
            + text
            + "' is not a pattern: write steady or burst:ON,OFF (for example burst:10ms,90ms)");
  }

  List<String> arguments() {
    if (onNs == 0) {
      return List.of("--pattern", "steady");
    }
    return List.of(
        "--pattern",
        "burst",
        "--burst-on-ns",
        Long.toString(onNs),
        "--burst-off-ns",
        Long.toString(offNs));
  }

  /** Converts for picocli. */
  static final class Converter implements ITypeConverter<BurstPattern> {
    @Override
    public BurstPattern convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
