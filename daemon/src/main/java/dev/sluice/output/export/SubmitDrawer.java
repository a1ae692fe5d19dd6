package dev.sluice.output.export;

import java.io.IOException;

/**
 * Draws submissions, and those among them to which no task and no dummy answered: their work was an
 * allocation, done by the orchestrator itself.
 */
final class SubmitDrawer {
  /** More than a device holds at a time. */
  static final int OPEN_SUBMITS = 1 << 17;

  /** A bar that is shorter cannot be seen. */
  static final long MIN_BAR_NS = 20;

  private final TraceFacts facts;
  private final TraceClock clock;
  private final Lanes lanes;
  private final TaskDrawer tasks;
  private final boolean hasPhases;
  private final TraceSink sink;
  private final SubmitTable open;
  private final Slice slice = new Slice();
  private long ordinals;
  private long givenUp;

  SubmitDrawer(
      TraceFacts facts,
      TraceClock clock,
      Lanes lanes,
      TaskDrawer tasks,
      boolean hasPhases,
      TraceSink sink) {
    this.facts = facts;
    this.clock = clock;
    this.lanes = lanes;
    this.tasks = tasks;
    this.hasPhases = hasPhases;
    this.sink = sink;
    open = new SubmitTable(OPEN_SUBMITS, !facts.isChip());
  }

  void draw(SubmitRow row) throws IOException {
    if (open.isFull()) {
      givenUp++;
      closeOldest();
    }
    ordinals++;
    open.add(row, ordinals);
    slice.begin(
        Slice.Type.SUBMIT, lanes.orchestrator(row.lane), clock.ns(row.start), clock.ns(row.end));
    slice.taskId = row.taskId;
    slice.submitIdx = row.submitIdx;
    if (hasPhases) {
      slice.beginFlows.add(FlowIds.submit(ordinals));
    }
    sink.slice(slice);
  }

  /** The task was seen: links its first row with its submission, if there is one. */
  void claim(TaskRow row) throws IOException {
    int slot = open.isEmpty() ? SubmitTable.NONE : open.claim(row.taskId);
    if (slot == SubmitTable.NONE) {
      row.submitLane = null;
      return;
    }
    row.submitLane = lanes.orchestrator(open.lane(slot));
    row.submitEndNs = clock.ns(open.end(slot));
    row.submitOrdinal = open.ordinal(slot);
  }

  /** A dummy answers to the submission as well. */
  void claimByDummy(PhaseRow dummy) {
    if (open.isEmpty()) {
      return;
    }
    if (facts.isChip()) {
      open.claim(dummy.taskIdInUnion());
    } else {
      open.claimLocal(dummy.tasksProcessed);
    }
  }

  /** Submissions that are drawn as allocations since too many waited for their task. */
  long givenUp() {
    return givenUp;
  }

  void finish() throws IOException {
    while (!open.isEmpty()) {
      closeOldest();
    }
  }

  private void closeOldest() throws IOException {
    int slot = open.removeOldest();
    // The newest generation keeps the lanes of scheduler threads free of it.
    int lane = open.lane(slot) + (facts.isChip() ? facts.geometry().schedThreads() : 0);
    long beginNs = clock.ns(open.start(slot));
    slice.begin(
        Slice.Type.ALLOC,
        lanes.aicpu(lane),
        beginNs,
        Math.max(beginNs + MIN_BAR_NS, clock.ns(open.end(slot))));
    slice.id = tasks.nextSliceId();
    slice.taskId = open.taskId(slot);
    sink.slice(slice);
  }
}
