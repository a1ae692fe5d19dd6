package dev.sluice.abi;

/**
 * Constants that a runtime was rebuilt with, and facts in which it differs. 0 keeps the layout's
 * own number.
 *
 * @param slotCount free-queue slots, a power of two
 * @param readyQueueEntries entries of one ready queue; one stays unused
 * @param aicpuTaskRecords records per AICPU task buffer
 * @param schedPhaseRecords records per scheduler phase buffer
 * @param orchPhaseRecords records per orchestrator phase buffer
 * @param aicoreTaskRecords records per AICore task buffer, a power of two
 * @param facts facts that differ from the generation: {@link WireFacts#override}
 */
public record LayoutOverrides(
    int slotCount,
    int readyQueueEntries,
    int aicpuTaskRecords,
    int schedPhaseRecords,
    int orchPhaseRecords,
    int aicoreTaskRecords,
    long facts) {

  /** No override. */
  public static final LayoutOverrides NONE = new LayoutOverrides(0, 0, 0, 0, 0, 0);

  /** Other sizes, and the facts of the generation. */
  public LayoutOverrides(
      int slotCount,
      int readyQueueEntries,
      int aicpuTaskRecords,
      int schedPhaseRecords,
      int orchPhaseRecords,
      int aicoreTaskRecords) {
    this(
        slotCount,
        readyQueueEntries,
        aicpuTaskRecords,
        schedPhaseRecords,
        orchPhaseRecords,
        aicoreTaskRecords,
        0);
  }

  /** Override of records per buffer of this kind; 0 if none. */
  public int records(BufferKind kind) {
    int[] byKind = {aicpuTaskRecords, schedPhaseRecords, orchPhaseRecords, aicoreTaskRecords};
    return kind.ordinal() < byKind.length ? byKind[kind.ordinal()] : 0;
  }
}
