package dev.sluice.config;

import java.util.List;
import java.util.function.Function;

/**
 * How a value is read, checked, described and written back.
 *
 * <p>A value arrives as a list of texts: one text for a scalar, any number for a HOCON list. The
 * environment and {@code --set} always give one text, so a list type splits it at commas.
 *
 * @param allowed what may be written, for docs and refusals, e.g. {@code a duration from 1us to
 *     10ms}
 * @param isList whether a HOCON list is accepted
 * @param reader throws {@link IllegalArgumentException} with the reason as message
 * @param writer the value as HOCON that the reader reads back
 */
public record ConfigType<T>(
    String allowed, boolean isList, Function<List<String>, T> reader, Function<T, String> writer) {}
