package dev.sluice.output.capture;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Why collected records are not in the capture. The order is part of the format. */
public enum LossReason {
  /**
   * The memory stage was full: {@code sluice.capture.overload} is {@code discard}, or the session
   * was ending.
   */
  STAGE_FULL("stage_full"),
  /** The disk or the quota is full. */
  DISK_FULL("disk_full"),
  /** The disk failed: I/O error, read-only, no permission, missing directory. */
  IO_ERROR("io_error"),
  /** The disk did not respond within the stall limit, and the stage was full. */
  DISK_STALLED("disk_stalled"),
  /** A bug in the writer itself; its log has the stack trace. */
  WRITER_FAILED("writer_failed");

  /** Cached, since {@code values()} allocates. */
  public static final List<LossReason> ALL = List.of(values());

  private final String label;

  LossReason(String label) {
    this.label = label;
  }

  /** Returns the loss reason for a failed write. */
  static LossReason of(IOException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    // The JDK has no type for either; the C library's texts, which the launcher keeps in English.
    return message.contains("no space left") || message.contains("quota exceeded")
        ? DISK_FULL
        : IO_ERROR;
  }

  /** Value of the metric label {@code reason}, and JSON key. */
  public String label() {
    return label;
  }
}
