package dev.sluice.output.capture;

import java.util.Locale;

/**
 * A place where a capture is not what was written.
 *
 * @param file segment file
 * @param offset bytes into the segment; -1 if it concerns the whole file
 * @param what one line for a person
 * @param isTornTail the segment simply ends: its writer stopped in the middle
 */
public record Damage(String file, long offset, String what, boolean isTornTail) {
  @Override
  public String toString() {
    return offset < 0
        ? file + ": " + what
        : String.format(Locale.ROOT, "%s, byte %d: %s", file, offset, what);
  }
}
