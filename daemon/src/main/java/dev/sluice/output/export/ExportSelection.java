package dev.sluice.output.export;

import java.util.BitSet;
import java.util.OptionalLong;

/**
 * Which part of a capture to export.
 *
 * @param fromNs from this moment on, counted from the first event; empty is the beginning
 * @param toNs up to this moment, excluded; empty is the end
 * @param cores task records of these cores only; empty is all. Phases belong to threads and stay
 */
public record ExportSelection(OptionalLong fromNs, OptionalLong toNs, BitSet cores) {
  /** Everything. */
  public static final ExportSelection ALL =
      new ExportSelection(OptionalLong.empty(), OptionalLong.empty(), new BitSet());

  public ExportSelection {
    cores = (BitSet) cores.clone();
    if (fromNs.isPresent() && toNs.isPresent() && fromNs.getAsLong() >= toNs.getAsLong()) {
      throw new IllegalArgumentException("the end of the time window is not after its beginning");
    }
  }

  @Override
  public BitSet cores() {
    return (BitSet) cores.clone();
  }

  boolean hasCore(int core) {
    return cores.isEmpty() || cores.get(core);
  }

  /** The window in ticks; {@link TimeWindow#ALL} if there is no bound. */
  TimeWindow window(TraceClock clock) {
    if (fromNs.isEmpty() && toNs.isEmpty()) {
      return TimeWindow.ALL;
    }
    return new TimeWindow(
        fromNs.isPresent() ? clock.ticks(fromNs.getAsLong()) : 0,
        toNs.isPresent() ? clock.ticks(toNs.getAsLong()) : -1);
  }

  /**
   * Cores as people write them: {@code 0-7,12}.
   *
   * @throws IllegalArgumentException with one line for a person
   */
  public static BitSet parseCores(String text) {
    BitSet cores = new BitSet();
    for (String part : text.split(",", -1)) {
      String range = part.strip();
      if (!range.matches("\\d{1,4}(-\\d{1,4})?")) {
        throw new IllegalArgumentException(
            "'" + text + "' is no list of cores; write for example 0-7,12");
      }
      int dash = range.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
      int last = Integer.parseInt(dash < 0 ? range : range.substring(dash + 1));
      if (last < first) {
        throw new IllegalArgumentException("'" + range + "' runs backwards");
      }
      cores.set(first, last + 1);
    }
    return cores;
  }
}
