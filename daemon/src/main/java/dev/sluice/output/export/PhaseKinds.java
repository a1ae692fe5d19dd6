package dev.sluice.output.export;

import dev.sluice.abi.Generation;
import dev.sluice.abi.SchedPhaseKind;

/** Which phase a number from the device means to the runtime's own tools. */
final class PhaseKinds {
  private PhaseKinds() {}

  /** Null is "unknown": a number that the tools of that generation have no name for. */
  static SchedPhaseKind of(int number, Generation generation) {
    boolean isNamed =
        number >= 0
            && (number <= SchedPhaseKind.DUMMY_TASK.ordinal()
                || (generation == Generation.CHIP_2026_08 && number < SchedPhaseKind.ALL.size()));
    return isNamed ? SchedPhaseKind.ALL.get(number) : null;
  }
}
