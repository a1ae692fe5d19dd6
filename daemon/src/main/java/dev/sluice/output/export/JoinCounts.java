package dev.sluice.output.export;

/** How the two halves of the tasks found each other; one for all cores. */
final class JoinCounts {
  long joined;
  long aicpuWithoutAicore;
  long aicoreWithoutAicpu;

  /**
   * Tasks that waited for their phase, and submissions that waited for their task, until there were
   * too many of them; drawn without.
   */
  long givenUp;
}
