package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;

/**
 * One fixed measurement.
 *
 * @param name stable: figures of two versions of Sluice are matched by it
 * @param version raised if the method changes, because figures are then not comparable
 * @param description what is measured, in one line
 */
record Workload(String name, int version, String description, Measuring measuring) {
  /** Method of the measurement. */
  interface Measuring {
    Measurement measure(Bench bench) throws ToolException;
  }

  Measurement measure(Bench bench) throws ToolException {
    return measuring.measure(bench);
  }
}
