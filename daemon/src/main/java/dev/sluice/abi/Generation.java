package dev.sluice.abi;

/**
 * A named set of wire facts: the state of the public headers at some time. Attach carries its
 * number.
 */
public enum Generation {
  /** No wait: the device overwrites or drops at once. */
  L2_2026_06(1, "l2-2026.06"),
  /** The device waits at most 20 us for the host, then drops. */
  L2_2026_07(2, "l2-2026.07"),
  /** The device blocks, and the host may freeze all lanes together. */
  CHIP_2026_08(3, "chip-2026.08"),
  /** The device waits at most 30 s, then drops; buffers and entries name their run. */
  CHIP_2026_09(4, "chip-2026.09");

  private final int wireNumber;
  private final String id;

  Generation(int wireNumber, String id) {
    this.wireNumber = wireNumber;
    this.id = id;
  }

  /** Number in the attach message. */
  public int wireNumber() {
    return wireNumber;
  }

  /** Human-readable name, e.g. {@code chip-2026.08}. */
  public String id() {
    return id;
  }

  /** Whether the runtime's names start with "chip" instead of "l2". */
  public boolean isChip() {
    return compareTo(CHIP_2026_08) >= 0;
  }

  /** Returns the wire facts of its runtimes on a platform. */
  WireFacts facts(Platform platform) {
    WireFacts facts = WireFacts.oldest();
    if (platform == Platform.A5) {
      // This platform shrank its per-thread arrays within the third generation.
      facts = facts.with(WireFact.QUEUES, isChip() ? "5" : "7");
    }
    if (this == L2_2026_06) {
      return facts;
    }
    facts =
        facts
            .with(WireFact.ENTRY_ORDER, "ordered")
            .with(WireFact.PHASE_LOSS, "keeps_buffer")
            .with(WireFact.AICORE_ROTATION, "pops_first");
    return switch (this) {
      case L2_2026_06 -> throw new AssertionError();
      case L2_2026_07 -> facts.with(WireFact.PHASE_KINDS, "l2-2026.07").with(WireFact.WAIT, "20us");
      case CHIP_2026_08 ->
          facts
              .with(WireFact.BACKPRESSURE, "block")
              .with(WireFact.PHASE_KINDS, "chip-2026.08")
              .with(WireFact.WAIT, "unlimited");
      case CHIP_2026_09 ->
          facts
              .with(WireFact.GRID, "maximum")
              .with(WireFact.PHASE_RECORD, "kind_at_44")
              .with(WireFact.PHASE_KINDS, "tensormap_and_ringbuffer")
              .with(WireFact.READY_ENTRY, "schema_1")
              .with(WireFact.BUFFER_IDENTITY, "tail")
              .with(WireFact.POOL_COUNTERS, "all")
              .with(WireFact.TERMINAL_BANKS, "3")
              .with(WireFact.WAIT, "30s")
              .with(WireFact.FAILED_FLUSH, "keeps_buffer")
              .with(WireFact.AICORE_COUNT, "exact")
              .with(WireFact.COUNTER_END, "saturates");
    };
  }

  /** Returns the generation with this attach number, or null. */
  public static Generation ofWireNumber(int wireNumber) {
    for (Generation generation : values()) {
      if (generation.wireNumber == wireNumber) {
        return generation;
      }
    }
    return null;
  }
}
