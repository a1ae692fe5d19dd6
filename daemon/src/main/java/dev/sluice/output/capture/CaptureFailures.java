package dev.sluice.output.capture;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLongArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts disk failures by reason and logs the first of a series. Any thread. */
final class CaptureFailures {
  private static final Logger log = LoggerFactory.getLogger(CaptureFailures.class);

  private final AtomicLongArray counts = new AtomicLongArray(LossReason.ALL.size());

  /**
   * @param isFirst whether the previous attempt succeeded, so that this failure is logged
   */
  void failed(LossReason reason, Path where, Exception failure, boolean isFirst) {
    counts.incrementAndGet(reason.ordinal());
    if (!isFirst) {
      return;
    }
    if (reason == LossReason.WRITER_FAILED) {
      log.error("capture {} loses records, internal error of the writer", where, failure);
    } else {
      log.error(
          "capture {} loses records until the disk works again: {} ({})",
          where,
          failure.getMessage(),
          reason.label());
    }
  }

  void recovered(LossReason reason) {
    log.info("captures resumed after {}", reason.label());
  }

  long count(LossReason reason) {
    return counts.get(reason.ordinal());
  }
}
