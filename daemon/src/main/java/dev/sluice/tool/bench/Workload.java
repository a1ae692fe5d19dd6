package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;

/** One thing that is measured, always in the same way. */
interface Workload {
  /** Stable: figures of two versions of Sluice are matched by it. */
  String name();

  /** Raised when the way of measuring changes, because figures are then not comparable. */
  int version();

  /** What is measured, in one line. */
  String description();

  Measurement measure(Bench bench) throws ToolException;
}
