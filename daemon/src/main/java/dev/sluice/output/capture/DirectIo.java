package dev.sluice.output.capture;

import dev.sluice.config.IoReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether segments are written with direct I/O, past the page cache: if the configuration wants it
 * and the file system takes it, which the first segment finds out. A refusal is logged once and
 * holds for all later segments. Any thread.
 */
final class DirectIo {
  private static final Logger log = LoggerFactory.getLogger(DirectIo.class);

  private volatile String refusal;
  private volatile boolean isTried;

  /**
   * @param isWanted by the configuration
   */
  DirectIo(boolean isWanted) {
    this.refusal = isWanted ? "" : "sluice.capture.direct-io = false";
  }

  /** Whether the next segment is to be opened for direct I/O. */
  boolean isOn() {
    return refusal.isEmpty();
  }

  /** Makes a new file: with direct I/O, unless that is off or refused now. */
  CaptureFiles.SegmentFile create(CaptureFiles files, Path file) throws IOException {
    if (isOn()) {
      try {
        return files.create(file, true);
      } catch (IOException e) {
        refusedOrThrow(file, e);
        // Some kernels have made it by then.
        files.delete(file);
      }
    }
    return files.create(file, false);
  }

  /** Opens a file that is there, likewise. */
  CaptureFiles.SegmentFile reopen(CaptureFiles files, Path file) throws IOException {
    if (isOn()) {
      try {
        return files.reopen(file, true);
      } catch (IOException e) {
        refusedOrThrow(file, e);
      }
    }
    return files.reopen(file, false);
  }

  /** Notes a failure that is a refusal of direct I/O; throws any other. */
  void refusedOrThrow(Path file, IOException failure) throws IOException {
    if (!isOn() || !isRefusal(failure)) {
      throw failure;
    }
    refused(file.toAbsolutePath().getParent(), IoReason.of(failure));
  }

  /** A segment was opened as {@link #isOn} says, and its first write was done. */
  void proved() {
    isTried = true;
  }

  /** From now on segments are written through the page cache. */
  synchronized void refused(Path directory, String reason) {
    if (isOn()) {
      refusal = reason;
      log.warn("capture writing buffered: {} refuses direct I/O: {}", directory, reason);
    }
  }

  /** {@code direct} or {@code buffered}; empty before the first segment. */
  String label() {
    if (!isTried) {
      return "";
    }
    return isOn() ? "direct" : "buffered";
  }

  /** Why it is off; empty while it is on. */
  String refusal() {
    return refusal;
  }

  /** Whether a failure means that the file system has no direct I/O, and not that it is broken. */
  private static boolean isRefusal(IOException failure) {
    // The JDK has no types for these; the texts are those of the C library, and its own.
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    return failure.getCause() instanceof UnsupportedOperationException
        || message.contains("invalid argument")
        || message.contains("not supported")
        || message.contains("multiple of the block size");
  }
}
