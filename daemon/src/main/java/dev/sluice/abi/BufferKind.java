package dev.sluice.abi;

import java.util.List;

/**
 * The four kinds of buffer, in wire order: the ordinal is the {@code kind} word of a ready-queue
 * entry (abi.md section 3).
 */
public enum BufferKind {
  AICPU_TASK("aicpu_task", 32, 1000, 2, true),
  SCHED_PHASE("sched_phase", 64, 16384, 3, false),
  ORCH_PHASE("orch_phase", 32, 16384, 4, false),
  AICORE_TASK("aicore_task", 32, 1024, 1, true);

  /** In wire order; cached, since {@code values()} allocates. */
  public static final List<BufferKind> ALL = List.of(values());

  /** How many kinds there are. */
  public static final int COUNT = 4;

  private final String label;
  private final int recordBytes;
  private final int defaultRecords;
  private final int minimumLevel;
  private final boolean perCore;

  BufferKind(String label, int recordBytes, int defaultRecords, int minimumLevel, boolean perCore) {
    this.label = label;
    this.recordBytes = recordBytes;
    this.defaultRecords = defaultRecords;
    this.minimumLevel = minimumLevel;
    this.perCore = perCore;
  }

  /** The value of the metric label {@code kind}, and the JSON key. */
  public String label() {
    return label;
  }

  public int recordBytes() {
    return recordBytes;
  }

  /** Records per buffer unless the runtime was built with another number. */
  public int defaultRecords() {
    return defaultRecords;
  }

  /** The lowest profiling level at which the device fills buffers of this kind. */
  public int minimumLevel() {
    return minimumLevel;
  }

  /** Whether pools are counted by core; otherwise by AICPU thread. */
  public boolean isPerCore() {
    return perCore;
  }

  /** The kind with this wire number, or null: the number comes from the device. */
  public static BufferKind ofWireNumber(int kindUntrusted) {
    return kindUntrusted >= 0 && kindUntrusted < COUNT ? ALL.get(kindUntrusted) : null;
  }
}
