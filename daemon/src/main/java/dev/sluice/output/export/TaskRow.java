package dev.sluice.output.export;

/** One run of a task on one core: the AICore record joined with its AICPU record. */
final class TaskRow extends Row {
  int core;

  /** {@code (ring << 32) | local}. */
  long taskId;

  long dispatch;
  long finish;
  long receive;
  long start;
  long end;

  /** Number within the export, from 1; the flow ids of this row are made of it. */
  long ordinal;

  /** What is known of the other rows of the same task. */
  TaskIndex.Entry task;

  /** Slices that were drawn for it; the second is null if the AICPU saw no finish. */
  Lane workerLane;

  Lane schedulerLane;
  long schedulerSliceId;

  /** Whether no row of the task was drawn before, within the window. */
  boolean isFirstOfTask;

  /** The submission of the task, on its first row only; null is none. */
  Lane submitLane;

  long submitEndNs;
  long submitOrdinal;
}
