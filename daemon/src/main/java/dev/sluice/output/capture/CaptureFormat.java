package dev.sluice.output.capture;

import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Version and names of the format. A reader refuses a higher major number; a higher minor number
 * may only add frame types, header bits and manifest keys that an older reader can skip.
 */
public final class CaptureFormat {
  /** Changes when an older reader would misread what it knows. */
  public static final int MAJOR = 2;

  /** Changes when something is added that an older reader may skip. */
  public static final int MINOR = 2;

  public static final String MANIFEST = "manifest.json";

  // Format 1 had compressed segments, too: they are not read, but retention removes them.
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

  /** The number of a segment file; -1 if it is not one. */
  static int segmentNumber(Path file) {
    Matcher matcher = SEGMENT.matcher(file.getFileName().toString());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  /** The word by which frames name their capture. */
  static int captureTag(UUID captureId) {
    return (int) (captureId.getMostSignificantBits() >>> 32);
  }
}
