package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;

/** One phase of a scheduler thread. */
final class PhaseRow extends Row {
  int thread;

  /** Null for a number that this generation does not define. */
  SchedPhaseKind kind;

  long start;
  long end;
  int loopIter;
  int tasksProcessed;

  /** Or the low word of a task id. */
  int popHit;

  /** Or the high word of a task id. */
  int popMiss;

  final short[] depthAtStart = new short[3];
  final short[] depthAtEnd = new short[3];

  String kindName() {
    return kind == null ? "unknown" : kind.jsonName();
  }

  /** The task that is named instead of the pop counters. */
  long taskIdInUnion() {
    return (Integer.toUnsignedLong(popMiss) << 32) | Integer.toUnsignedLong(popHit);
  }

  /** Whether tasks are handed to cores during it. */
  boolean isDispatching() {
    return kind == SchedPhaseKind.DISPATCH
        || kind == SchedPhaseKind.EARLY_DISPATCH
        || kind == SchedPhaseKind.DRAIN_PUBLISH;
  }

  boolean isCompleting() {
    return kind == SchedPhaseKind.COMPLETE;
  }

  /** Whether the depth of the ready queue at its end is drawn as a curve. */
  boolean hasQueueSample() {
    return kind == SchedPhaseKind.COMPLETE || kind == SchedPhaseKind.DISPATCH;
  }
}
