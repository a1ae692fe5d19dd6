package dev.sluice.output.export;

/** How the two halves of the tasks found each other; one for all cores. */
final class JoinCounts {
  long joined;
  long aicpuWithoutAicore;
  long aicoreWithoutAicpu;
}
