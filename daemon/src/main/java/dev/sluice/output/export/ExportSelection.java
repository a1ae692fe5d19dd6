package dev.sluice.output.export;

import java.util.BitSet;
import java.util.OptionalLong;

/**
 * Part of a capture to export.
 *
 * @param fromNs start, counted from the first event; empty for the beginning
 * @param toNs end, exclusive; empty for the end
 * @param cores cores whose task records are exported; empty for all. Phases belong to threads and
 *     are always exported
 */
public record ExportSelection(OptionalLong fromNs, OptionalLong toNs, BitSet cores) {
  /** Everything. */
  public static final ExportSelection ALL =
      new ExportSelection(OptionalLong.empty(), OptionalLong.empty(), new BitSet());

  /**
   * The selected time in ticks since a capture's base.
   *
   * @param fromTicks first tick, inclusive
   * @param toTicks last tick, exclusive
   */
  record Window(long fromTicks, long toTicks) {
    static final Window ALL = new Window(Long.MIN_VALUE, Long.MAX_VALUE);

    boolean isAll() {
      return fromTicks == Long.MIN_VALUE && toTicks == Long.MAX_VALUE;
    }

    /** Returns whether an interval overlaps the window. */
    boolean overlaps(long startTicks, long endTicks) {
      return endTicks >= fromTicks && startTicks < toTicks;
    }
  }

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

  boolean isWholeTime() {
    return fromNs.isEmpty() && toNs.isEmpty();
  }

  Window window(TraceClock clock) {
    return isWholeTime()
        ? Window.ALL
        : new Window(
            fromNs.isPresent() ? clock.ticksAt(fromNs.getAsLong()) : Long.MIN_VALUE,
            toNs.isPresent() ? clock.ticksAt(toNs.getAsLong()) : Long.MAX_VALUE);
  }

  /**
   * Parses a list of cores such as {@code 0-7,12}.
   *
   * @throws IllegalArgumentException with a one-line message for people
   */
  public static BitSet parseCores(String text) {
    BitSet cores = new BitSet();
    for (String part : text.split(",", -1)) {
      String range = part.strip();
      if (!range.matches("[0-9]{1,4}(-[0-9]{1,4})?")) {
        throw new IllegalArgumentException(
            "not a list of cores: '" + text + "'; write for example 0-7,12");
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
