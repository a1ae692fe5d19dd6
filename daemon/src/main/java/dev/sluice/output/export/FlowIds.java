package dev.sluice.output.export;

/**
 * Names of arrows for formats in which both slices of an arrow carry its id. They follow from what
 * the slices stand for, so that each slice can be written without waiting for the other. An id
 * that only one slice carries draws nothing, and no id is used twice, so that none need be ended.
 *
 * <p>Such formats let an arrow run in the order of time. An arrow against time, which is what a
 * violated dependency is, points the other way there.
 */
final class FlowIds {
  private static final int SOURCES = 8;

  private FlowIds() {}

  /** Dispatch phase, kernel, complete phase. */
  static long kernel(TaskRow row) {
    return row.ordinal * SOURCES;
  }

  /** Dispatch phase, bar in the scheduler's view and, in the newest generation, complete phase. */
  static long scheduled(TaskRow row) {
    return row.ordinal * SOURCES + 1;
  }

  /** Submission, dispatch phase. */
  static long submit(long submitOrdinal) {
    return submitOrdinal * SOURCES + 2;
  }

  /** Kernel, kernel of a task that waits for it. */
  static long dependency(int edge) {
    return (edge + 1L) * SOURCES + 3;
  }

  /** The same in the scheduler's view. */
  static long scheduledDependency(int edge) {
    return (edge + 1L) * SOURCES + 4;
  }

  /** Complete phase that fulfils the last dependency of a task, its dispatch phase. */
  static long ready(int node) {
    return (node + 1L) * SOURCES + 5;
  }
}
