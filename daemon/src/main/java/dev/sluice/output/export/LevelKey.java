package dev.sluice.output.export;

import dev.sluice.abi.Generation;

/** Which name the first key of {@code records-json} and its file have. */
public enum LevelKey {
  /** As the capture's own generation has it. */
  AUTO,
  /** {@code l2_swimlane_level}, of the older runtimes. */
  L2,
  /** {@code chip_swimlane_level}, of the newer ones. */
  CHIP;

  private String prefix(Generation generation) {
    boolean isChip = this == AUTO ? generation.isChip() : this == CHIP;
    return isChip ? "chip" : "l2";
  }

  String keyFor(Generation generation) {
    return prefix(generation) + "_swimlane_level";
  }

  /** The name under which the runtime's tools look for the file in a directory. */
  String fileNameFor(Generation generation) {
    return prefix(generation) + "_swimlane_records.json";
  }
}
