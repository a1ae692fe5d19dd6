package dev.sluice.abi;

/**
 * A wire generation: what the device does when a queue is full or empty, and whether the header
 * ends in a back-pressure block. Nothing in shared memory tells which one it is; attach carries it.
 */
public enum Generation {
  /** No wait: the device overwrites or drops at once. */
  L2_2026_06(1, "l2-2026.06", OverflowPolicy.DROP),
  /** The device waits at most 20 us for the host, then drops. */
  L2_2026_07(2, "l2-2026.07", OverflowPolicy.WAIT_THEN_DROP),
  /** The device blocks, and the host may freeze all lanes together. */
  CHIP_2026_08(3, "chip-2026.08", OverflowPolicy.BLOCK);

  /** What the device does with a record for which it has no room. */
  public enum OverflowPolicy {
    DROP,
    WAIT_THEN_DROP,
    BLOCK
  }

  private final int wireNumber;
  private final String id;
  private final OverflowPolicy overflowPolicy;

  Generation(int wireNumber, String id, OverflowPolicy overflowPolicy) {
    this.wireNumber = wireNumber;
    this.id = id;
    this.overflowPolicy = overflowPolicy;
  }

  /** The number in the attach message. */
  public int wireNumber() {
    return wireNumber;
  }

  /** The name that people use, e.g. {@code chip-2026.08}. */
  public String id() {
    return id;
  }

  public OverflowPolicy overflowPolicy() {
    return overflowPolicy;
  }

  /** Whether the header carries the four freeze and contention words. */
  public boolean hasBackpressureBlock() {
    return this == CHIP_2026_08;
  }

  /**
   * Whether the ready-queue tail may become visible before the entry it announces: only the first
   * generation has no store barrier between the two, so an entry can be seen torn there.
   */
  public boolean mayTearEntries() {
    return this == L2_2026_06;
  }

  /** Whether a phase pool may skip a sequence number: a leaked buffer, first generation only. */
  public boolean phaseSequenceMaySkip() {
    return this == L2_2026_06;
  }

  /**
   * Whether a full AICore buffer is stashed and published only after its successor was popped; the
   * first generation publishes first, as it does for all other kinds (abi.md 4.4).
   */
  public boolean popsAicoreBeforePublishing() {
    return this != L2_2026_06;
  }

  /** The generation with this attach number, or null. */
  public static Generation ofWireNumber(int wireNumber) {
    for (Generation generation : values()) {
      if (generation.wireNumber == wireNumber) {
        return generation;
      }
    }
    return null;
  }
}
