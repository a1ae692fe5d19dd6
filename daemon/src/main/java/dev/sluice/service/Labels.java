package dev.sluice.service;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.headroom.Ceiling;
import java.util.List;
import java.util.Set;

/**
 * Label values of the metrics and keys of the JSON responses. Dashboards and alerts depend on them:
 * every value listed here exists at 0 from attach on. With {@code sluice.metrics.detail} off,
 * metrics fold some values into others.
 */
public final class Labels {
  /** Kinds of buffer that every device has: those of the swimlane. */
  public static final List<String> KINDS =
      BufferKind.TIMED.stream().map(BufferKind::label).toList();

  /** All kinds, by number; the others exist from the first run of a device that has them. */
  public static final List<String> ALL_KINDS =
      BufferKind.ALL.stream().map(BufferKind::label).toList();

  /** Why records never left the device. */
  public static final List<String> DROP_CAUSES =
      DropCause.ALL.stream().map(DropCause::label).toList();

  /** Kinds of wire format violations by a device or producer. */
  public static final List<String> ABI_VIOLATIONS =
      AbiViolation.ALL.stream().map(AbiViolation::label).toList();

  /** Owners of a buffer. */
  public static final List<String> BUFFER_STATES =
      List.of("free", "free_queue", "device", "ready", "collecting", "retired");

  /** Why collected records are missing from a capture. */
  public static final List<String> CAPTURE_LOSS_REASONS =
      List.of("stage_full", "disk_full", "io_error", "disk_stalled", "writer_failed");

  /** Types of core. */
  public static final List<String> CORE_TYPES = Geometry.CORE_TYPES;

  /** What a device can run into. */
  public static final List<String> CEILINGS = Ceiling.ALL.stream().map(Ceiling::label).toList();

  /** Where a device waits: for space to push a full buffer, or for an empty buffer to pop. */
  public static final List<String> GATES = List.of("push", "pop");

  private Labels() {}

  /** Returns the kinds that every device has, and those of the set. */
  public static List<String> kinds(Set<String> present) {
    return ALL_KINDS.stream()
        .filter(kind -> KINDS.contains(kind) || present.contains(kind))
        .toList();
  }
}
