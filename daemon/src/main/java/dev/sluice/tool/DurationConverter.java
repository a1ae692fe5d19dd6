package dev.sluice.tool;

import dev.sluice.config.Quantities;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts durations such as {@code 10s} or {@code 250ms} to nanoseconds. */
public final class DurationConverter implements ITypeConverter<Long> {
  @Override
  public Long convert(String text) {
    try {
      return Quantities.nanos(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
