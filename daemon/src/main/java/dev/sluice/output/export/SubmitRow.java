package dev.sluice.output.export;

/** One submission by an orchestrator thread. */
final class SubmitRow extends Row {
  int lane;
  long taskId;
  int submitIdx;
  long start;
  long end;
}
