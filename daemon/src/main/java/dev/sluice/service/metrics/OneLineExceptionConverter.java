package dev.sluice.service.metrics;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.util.stream.Collectors;

/** Appends an exception to its log line, so that one line is one event. */
public final class OneLineExceptionConverter extends ClassicConverter {
  @Override
  public String convert(ILoggingEvent event) {
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown == null) {
      return "";
    }
    return ThrowableProxyUtil.asString(thrown)
        .lines()
        .map(String::strip)
        .collect(Collectors.joining(" | ", " | ", ""));
  }
}
