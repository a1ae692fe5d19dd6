package dev.sluice.output.export;

/** Takes rows back once their last holder let go. */
final class RowReleaser {
  private final TaskIndex index;
  private final RowPool<TaskRow> tasks;
  private final RowPool<PhaseRow> phases;
  private final RowPool<SubmitRow> submits;

  RowReleaser(
      TaskIndex index,
      RowPool<TaskRow> tasks,
      RowPool<PhaseRow> phases,
      RowPool<SubmitRow> submits) {
    this.index = index;
    this.tasks = tasks;
    this.phases = phases;
    this.submits = submits;
  }

  void release(TaskRow row) {
    row.holders--;
    if (row.holders == 0) {
      index.remove(row);
      tasks.give(row);
    }
  }

  void release(PhaseRow row) {
    row.holders--;
    if (row.holders == 0) {
      phases.give(row);
    }
  }

  void release(SubmitRow row) {
    row.holders--;
    if (row.holders == 0) {
      submits.give(row);
    }
  }
}
