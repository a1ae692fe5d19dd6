package dev.sluice.output.capture;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Why records that were collected are not in the capture. The order is part of the format. */
public enum LossReason {
  /** The memory stage was full, and {@code sluice.capture.overload} is {@code discard}. */
  STAGE_FULL("stage_full"),
  /** The disk or the quota is full. */
  DISK_FULL("disk_full"),
  /** The disk refused: an input or output error, read-only, no permission, no directory. */
  IO_ERROR("io_error"),
  /** The disk did not answer for so long that the stage stayed full. */
  DISK_STALLED("disk_stalled"),
  /** A defect of the writer itself; its log has the stack. */
  WRITER_FAILED("writer_failed");

  /** Cached, since {@code values()} allocates. */
  public static final List<LossReason> ALL = List.of(values());

  private final String label;

  LossReason(String label) {
    this.label = label;
  }

  /** What a failure means for the records that were to be written. */
  static LossReason of(IOException failure) {
    String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    // The JDK has no type for either; the texts are the C library's, which the launcher keeps in
    // English.
    return message.contains("no space left") || message.contains("quota exceeded")
        ? DISK_FULL
        : IO_ERROR;
  }

  /** The value of the metric label {@code reason}, and the JSON key. */
  public String label() {
    return label;
  }
}
