package dev.sluice.abi;

/**
 * A named set of wire facts: what the public headers had at some time. Attach carries its number.
 */
public enum Generation {
  /** No wait: the device overwrites or drops at once. */
  L2_2026_06(1, "l2-2026.06"),
  /** The device waits at most 20 us for the host, then drops. */
  L2_2026_07(2, "l2-2026.07"),
  /** The device blocks, and the host may freeze all lanes together. */
  CHIP_2026_08(3, "chip-2026.08");

  private final int wireNumber;
  private final String id;

  Generation(int wireNumber, String id) {
    this.wireNumber = wireNumber;
    this.id = id;
  }

  /** The number in the attach message. */
  public int wireNumber() {
    return wireNumber;
  }

  /** The name that people use, e.g. {@code chip-2026.08}. */
  public String id() {
    return id;
  }

  /** Whether the runtime's names begin with "chip" instead of "l2". */
  public boolean isChip() {
    return compareTo(CHIP_2026_08) >= 0;
  }

  /** What its runtimes do on a platform. */
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
    };
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
