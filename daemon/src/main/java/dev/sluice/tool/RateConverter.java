package dev.sluice.tool;

import dev.sluice.config.Quantities;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts {@code 1GB/s} to bytes per second, and {@code max} to 0, which means unthrottled. */
public final class RateConverter implements ITypeConverter<Long> {
  @Override
  public Long convert(String text) {
    try {
      return Quantities.bytesPerSecond(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
