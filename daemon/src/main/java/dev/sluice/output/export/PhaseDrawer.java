package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Draws the phases of scheduler threads, the depth of the ready queue, dummies, and the arrows
 * between phases and tasks.
 *
 * <p>Phases come in the order of their ends, and some lie within others. Those of one loop
 * iteration are therefore held until the iteration is over, and drawn by their beginnings.
 */
final class PhaseDrawer {
  /** An iteration with more is drawn in parts. */
  private static final int MAX_GROUP = 64;

  private static final Comparator<PhaseRow> OUTER_FIRST =
      (a, b) ->
          a.start != b.start
              ? Long.compareUnsigned(a.start, b.start)
              : Long.compareUnsigned(b.end, a.end);

  private final TraceFacts facts;
  private final TraceClock clock;
  private final Lanes lanes;
  private final TaskDrawer tasks;
  private final SubmitDrawer submits;
  private final Dependencies dependencies;
  private final RowReleaser releaser;
  private final TraceSink sink;
  private final boolean drawsFlows;
  private final List<List<PhaseRow>> groups = new ArrayList<>();
  private final List<PendingTasks> pending = new ArrayList<>();
  private final Slice slice = new Slice();
  private final Slice dummy = new Slice();
  private final Flow flow = new Flow();
  private long givenUp;

  PhaseDrawer(
      TraceFacts facts,
      TraceClock clock,
      Lanes lanes,
      TaskDrawer tasks,
      SubmitDrawer submits,
      Dependencies dependencies,
      RowReleaser releaser,
      TraceSink sink) {
    this.facts = facts;
    this.clock = clock;
    this.lanes = lanes;
    this.tasks = tasks;
    this.submits = submits;
    this.dependencies = dependencies;
    this.releaser = releaser;
    this.sink = sink;
    this.drawsFlows = sink.drawsFlows();
    for (int thread = 0; thread < facts.maxThreads(); thread++) {
      groups.add(new ArrayList<>());
      pending.add(new PendingTasks());
    }
  }

  /** A task of this thread was drawn; arrows follow when its phases come. */
  void await(TaskRow row, int thread) throws IOException {
    PendingTasks waiting = pending.get(thread);
    waiting.add(row);
    TaskRow excess = waiting.pollExcessDispatched();
    if (excess != null) {
      givenUp++;
      drawDispatch(excess, thread, null);
    }
    excess = waiting.pollExcessFinished();
    if (excess != null) {
      drawCompletion(excess, thread, null);
    }
  }

  /** Tasks that are drawn without their dispatch, since too many waited for a phase. */
  long givenUp() {
    return givenUp;
  }

  void draw(PhaseRow row) throws IOException {
    List<PhaseRow> group = groups.get(row.thread);
    if (!group.isEmpty() && (group.get(0).loopIter != row.loopIter || group.size() == MAX_GROUP)) {
      drawGroup(group);
    }
    group.add(row);
  }

  void finish() throws IOException {
    for (int thread = 0; thread < groups.size(); thread++) {
      drawGroup(groups.get(thread));
      PendingTasks waiting = pending.get(thread);
      for (TaskRow row = waiting.pollDispatched(-1);
          row != null;
          row = waiting.pollDispatched(-1)) {
        drawDispatch(row, thread, null);
      }
      for (TaskRow row = waiting.pollFinished(-1); row != null; row = waiting.pollFinished(-1)) {
        drawCompletion(row, thread, null);
      }
    }
  }

  private void drawGroup(List<PhaseRow> group) throws IOException {
    if (group.size() > 1) {
      group.sort(OUTER_FIRST);
    }
    for (int i = 0; i < group.size(); i++) {
      PhaseRow row = group.get(i);
      if (row.kind == SchedPhaseKind.DUMMY_TASK || row.kind == SchedPhaseKind.PREDICATED_SKIP) {
        drawDummy(row);
      } else {
        drawPhase(row);
      }
      releaser.release(row);
    }
    group.clear();
  }

  private void drawPhase(PhaseRow row) throws IOException {
    Lane lane =
        row.kind == SchedPhaseKind.RESOLVE
            ? lanes.resolver(row.thread)
            : lanes.scheduler(row.thread);
    slice.begin(Slice.Type.PHASE, lane, clock.ns(row.start), clock.ns(row.end));
    slice.phase = row;
    if (row.isDispatching()) {
      takeDispatched(row);
    }
    if (row.isCompleting()) {
      takeFinished(row);
    }
    sink.slice(slice);
    if (row.hasQueueSample()) {
      sink.queueDepth(lanes.readyQueue(), lane, slice.endNs, row.depthAtEnd);
    }
  }

  private void takeDispatched(PhaseRow phase) throws IOException {
    PendingTasks waiting = pending.get(phase.thread);
    for (TaskRow row = waiting.pollDispatched(phase.end);
        row != null;
        row = waiting.pollDispatched(phase.end)) {
      boolean isInside = Long.compareUnsigned(row.dispatch, phase.start) >= 0;
      drawDispatch(row, phase.thread, isInside ? slice : null);
    }
  }

  private void takeFinished(PhaseRow phase) throws IOException {
    PendingTasks waiting = pending.get(phase.thread);
    for (TaskRow row = waiting.pollFinished(phase.end);
        row != null;
        row = waiting.pollFinished(phase.end)) {
      boolean isInside = Long.compareUnsigned(row.finish, phase.start) >= 0;
      slice.finishes += isInside ? 1 : 0;
      drawCompletion(row, phase.thread, isInside ? slice : null);
    }
  }

  /**
   * @param phase the slice around the moment, not yet given to the sink; or null
   */
  private void drawDispatch(TaskRow row, int thread, Slice phase) throws IOException {
    if (phase != null) {
      phase.beginFlows.add(FlowIds.kernel(row));
      if (row.schedulerLane != null) {
        phase.beginFlows.add(FlowIds.scheduled(row));
      }
      if (row.submitLane != null) {
        phase.beginFlows.add(FlowIds.submit(row.submitOrdinal));
      }
    }
    if (drawsFlows) {
      Lane scheduler = lanes.scheduler(thread);
      long dispatchNs = clock.ns(row.dispatch);
      sink.flow(
          flow.set(Flow.Type.DISPATCH, scheduler, dispatchNs, row.workerLane, clock.ns(row.start)));
      if (row.schedulerLane != null) {
        flow.set(Flow.Type.DISPATCH, scheduler, dispatchNs, row.schedulerLane, dispatchNs);
        flow.bindId = row.schedulerSliceId;
        sink.flow(flow);
      }
      if (row.submitLane != null) {
        sink.flow(
            flow.set(
                Flow.Type.SUBMIT_DISPATCH, row.submitLane, row.submitEndNs, scheduler, dispatchNs));
      }
    }
    if (row.isFirstOfTask) {
      dependencies.onDispatched(row.taskId, lanes.scheduler(thread), clock.ns(row.dispatch), phase);
    }
    releaser.release(row);
  }

  /**
   * @param phase as above
   */
  private void drawCompletion(TaskRow row, int thread, Slice phase) throws IOException {
    if (row.task.isLast(row)) {
      boolean isScheduledDrawn = facts.isChip() && row.schedulerLane != null;
      if (phase != null) {
        phase.endFlows.add(FlowIds.kernel(row));
        if (isScheduledDrawn) {
          phase.endFlows.add(FlowIds.scheduled(row));
        }
        dependencies.onCompleted(row.taskId, phase);
      }
      if (drawsFlows) {
        Lane scheduler = lanes.scheduler(thread);
        long finishNs = clock.ns(row.finish);
        long arrivalNs = !facts.isChip() && phase != null ? phase.beginNs : finishNs;
        long endNs = clock.ns(row.end) - Flow.INSIDE_NS;
        sink.flow(flow.set(Flow.Type.COMPLETE, row.workerLane, endNs, scheduler, arrivalNs));
        if (isScheduledDrawn) {
          long seenNs = finishNs - Flow.INSIDE_NS;
          sink.flow(flow.set(Flow.Type.COMPLETE, row.schedulerLane, seenNs, scheduler, finishNs));
        }
      }
    }
    releaser.release(row);
  }

  private void drawDummy(PhaseRow row) throws IOException {
    long beginNs = clock.ns(row.start);
    dummy.begin(
        Slice.Type.DUMMY,
        lanes.aicpu(row.thread),
        beginNs,
        Math.max(beginNs + SubmitDrawer.MIN_BAR_NS, clock.ns(row.end)));
    dummy.id = tasks.nextSliceId();
    dummy.taskId =
        facts.isChip() ? row.taskIdInUnion() : Integer.toUnsignedLong(row.tasksProcessed);
    dummy.isPredicatedSkip = row.kind == SchedPhaseKind.PREDICATED_SKIP;
    submits.claimByDummy(row);
    sink.slice(dummy);
  }
}
