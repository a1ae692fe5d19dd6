package dev.sluice.output.capture;

import java.util.Locale;

/**
 * A place where a capture differs from what was written.
 *
 * @param file segment file
 * @param offset bytes into the segment; -1 if the damage concerns the whole file
 * @param what human-readable line
 * @param isTornTail whether the segment just ends early because its writer stopped
 */
public record Damage(String file, long offset, String what, boolean isTornTail) {
  @Override
  public String toString() {
    return offset < 0
        ? file + ": " + what
        : String.format(Locale.ROOT, "%s, byte %d: %s", file, offset, what);
  }
}
