package dev.sluice.output.capture;

import dev.sluice.config.IoReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether segments are written with direct I/O, bypassing the page cache: only if the configuration
 * enables it and the file system supports it, which the first segment determines. A refusal is
 * logged once and holds for all later segments. Any thread.
 */
final class DirectIo {
  private static final Logger log = LoggerFactory.getLogger(DirectIo.class);

  private volatile String refusal;
  private volatile boolean isTried;

  /**
   * @param isWanted whether the configuration enables it
   */
  DirectIo(boolean isWanted) {
    this.refusal = isWanted ? "" : "sluice.capture.direct-io = false";
  }

  /** Returns whether the next segment is to be opened for direct I/O. */
  boolean isOn() {
    return refusal.isEmpty();
  }

  /** Creates a file, with direct I/O unless that is off or is refused now. */
  CaptureFiles.SegmentFile create(CaptureFiles files, Path file) throws IOException {
    if (isOn()) {
      try {
        return files.create(file, true);
      } catch (IOException e) {
        refusedOrThrow(file, e);
        // Some kernels create the file before they refuse.
        files.delete(file);
      }
    }
    return files.create(file, false);
  }

  /** Opens an existing file in the same way. */
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

  /** Handles a failure that is a refusal of direct I/O; throws any other. */
  void refusedOrThrow(Path file, IOException failure) throws IOException {
    if (!isOn() || !isRefusal(failure)) {
      throw failure;
    }
    refused(file.toAbsolutePath().getParent(), IoReason.of(failure));
  }

  /** Records that a write succeeded in the mode of {@link #isOn}. */
  void proved() {
    isTried = true;
  }

  /** Switches to writes through the page cache for this and all later segments. */
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

  /** Why direct I/O is off; empty while it is on. */
  String refusal() {
    return refusal;
  }

  /** Returns whether a failure means that the file system lacks direct I/O, not an error. */
  private static boolean isRefusal(IOException failure) {
    // The JDK has no exception types for these; the texts are the C library's and the JDK's own.
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    return failure.getCause() instanceof UnsupportedOperationException
        || message.contains("invalid argument")
        || message.contains("not supported")
        || message.contains("multiple of the block size");
  }
}
