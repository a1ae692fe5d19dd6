package dev.sluice.service;

import java.util.List;

/**
 * The label values of the metrics and the keys of the JSON answers. They are an interface to
 * dashboards and alerts: every value listed here exists at 0 from the moment of attach.
 */
public final class Labels {
  public static final String AICPU_TASK = "aicpu_task";
  public static final String SCHED_PHASE = "sched_phase";
  public static final String ORCH_PHASE = "orch_phase";
  public static final String AICORE_TASK = "aicore_task";

  /** Buffer kinds in the order of their number on the wire. */
  public static final List<String> KINDS =
      List.of(AICPU_TASK, SCHED_PHASE, ORCH_PHASE, AICORE_TASK);

  public static final String HOST_LATE = "host_late";
  public static final String POOL_EXHAUSTED = "pool_exhausted";
  public static final String READY_QUEUE_FULL = "ready_queue_full";
  public static final String INFERRED = "inferred";
  public static final String PRODUCER_DIED = "producer_died";
  public static final String UNKNOWN = "unknown";

  /** Why records never left the device. */
  public static final List<String> DROP_CAUSES =
      List.of(HOST_LATE, POOL_EXHAUSTED, READY_QUEUE_FULL, INFERRED, PRODUCER_DIED, UNKNOWN);

  /** What a device or producer wrote that the wire format forbids. */
  public static final List<String> ABI_VIOLATIONS =
      List.of(
          "wrong_kind",
          "unknown_pointer",
          "misaligned_pointer",
          "not_device_owned",
          "null_pointer",
          "bad_instance",
          "bad_kind",
          "bad_index",
          "count_overflow",
          "sequence",
          "torn_entry",
          "queue_mismatch");

  /** Whose a buffer is. */
  public static final List<String> BUFFER_STATES =
      List.of("free", "free_queue", "device", "ready", "collecting", "retired");

  /** Where a device waits: for room to push a full buffer, or for an empty buffer to pop. */
  public static final List<String> GATES = List.of("push", "pop");

  private Labels() {}
}
