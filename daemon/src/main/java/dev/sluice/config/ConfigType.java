package dev.sluice.config;

import java.util.List;
import java.util.function.Function;

/**
 * A type of configuration value: how to read, check, describe and write it.
 *
 * <p>The reader receives a list of texts: one for a scalar, any number for a HOCON list. The
 * environment and {@code --set} always yield one text, so a list type splits it at commas.
 *
 * @param allowed description of the legal values for docs and error messages, e.g. {@code a
 *     duration from 1us to 10ms}
 * @param isList whether a HOCON list is accepted
 * @param reader throws {@link IllegalArgumentException} with the reason as message
 * @param writer returns the value as HOCON that the reader accepts
 */
public record ConfigType<T>(
    String allowed, boolean isList, Function<List<String>, T> reader, Function<T, String> writer) {}
