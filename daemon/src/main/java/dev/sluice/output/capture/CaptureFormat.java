package dev.sluice.output.capture;

import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Version and file names of the format. A reader refuses another major number; a higher minor
 * number may only add frame types, header bits and manifest keys that older readers can skip.
 */
public final class CaptureFormat {
  /** Incremented when an older reader would misread existing parts. */
  public static final int MAJOR = 2;

  /** Incremented when parts are added that an older reader may skip. */
  public static final int MINOR = 2;

  public static final String MANIFEST = "manifest.json";

  // Format 1 also had compressed segments: they are not read, but retention removes them.
  private static final Pattern SEGMENT = Pattern.compile("(\\d{6,9})\\.seg(\\.zst)?");

  private CaptureFormat() {}

  /** {@code 000042.seg}. */
  static String segmentName(int number) {
    return String.format(Locale.ROOT, "%06d.seg", number);
  }

  /** {@code 000042.idx}. */
  static String indexName(int number) {
    return String.format(Locale.ROOT, "%06d.idx", number);
  }

  /** Returns the number of a segment file; -1 for any other file. */
  static int segmentNumber(Path file) {
    Matcher matcher = SEGMENT.matcher(file.getFileName().toString());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  /** Returns the tag that identifies the capture in frame headers. */
  static int captureTag(UUID captureId) {
    return (int) (captureId.getMostSignificantBits() >>> 32);
  }
}
