package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a capture into bars and arrows, in one pass and in bounded memory.
 *
 * <p>Rows of all pools come merged by time and stay in a window of {@value #WINDOW} rows before
 * they are drawn, so that what follows shortly is known: whether a task runs on several cores, and
 * which of its rows ends last. Beyond the window, rows of one task count as different tasks.
 */
final class TraceModel {
  static final int WINDOW = 1 << 10;

  private final RowMerge merge;
  private final TaskIndex index = new TaskIndex();
  private final JoinCounts counts = new JoinCounts();
  private final RowPool<TaskRow> taskPool = new RowPool<>(TaskRow::new, TaskRow[]::new);
  private final RowPool<PhaseRow> phasePool = new RowPool<>(PhaseRow::new, PhaseRow[]::new);
  private final RowPool<SubmitRow> submitPool = new RowPool<>(SubmitRow::new, SubmitRow[]::new);
  private final RowReleaser releaser = new RowReleaser(index, taskPool, phasePool, submitPool);
  private final Row[] window = new Row[WINDOW];
  private final boolean hasPhases;
  private final int[] coreThreads;
  private final TaskDrawer tasks;
  private final PhaseDrawer phases;
  private final SubmitDrawer submits;
  private final Dependencies dependencies;
  private final TraceSink sink;
  private long taskOrdinals;

  TraceModel(
      RecordSource source,
      TraceClock clock,
      ExportSelection selection,
      TaskGraph graph,
      NameMap names,
      ExportMonitor monitor,
      TraceSink sink)
      throws IOException {
    this.sink = sink;
    TraceFacts facts = source.facts();
    hasPhases = source.records(BufferKind.SCHED_PHASE) > 0;
    coreThreads = CoreThreads.of(source);
    merge = new RowMerge(streams(source, selection, selection.window(clock), monitor));
    Lanes lanes = new Lanes(facts, names.orchestrator(), sink);
    dependencies = new Dependencies(graph, facts.isChip(), sink);
    tasks = new TaskDrawer(facts, clock, graph, lanes, dependencies, hasPhases, sink);
    submits = new SubmitDrawer(facts, clock, lanes, tasks, hasPhases, sink);
    phases = new PhaseDrawer(facts, clock, lanes, tasks, submits, dependencies, releaser, sink);
    if (hasPhases) {
      lanes.declareSchedulers();
    }
  }

  private List<RowStream> streams(
      RecordSource source, ExportSelection selection, TimeWindow time, ExportMonitor monitor)
      throws IOException {
    List<RowStream> streams = new ArrayList<>();
    for (int lane = 0; lane < source.instances(BufferKind.ORCH_PHASE); lane++) {
      PoolCursor cursor = PoolCursor.of(source, BufferKind.ORCH_PHASE, lane, time, monitor);
      streams.add(new SubmitStream(lane, cursor, submitPool));
    }
    boolean hasAicpu = source.records(BufferKind.AICPU_TASK) > 0;
    boolean isAicoreOnly = !hasAicpu && source.facts().geometry().level() == 1;
    for (int core = 0; core < source.facts().geometry().numCores(); core++) {
      if (!selection.hasCore(core)) {
        continue;
      }
      if (isAicoreOnly) {
        streams.add(
            new AicoreStream(
                core,
                PoolCursor.of(source, BufferKind.AICORE_TASK, core, time, monitor),
                taskPool,
                counts));
      } else {
        streams.add(
            new TaskStream(
                core,
                PoolCursor.of(source, BufferKind.AICPU_TASK, core, time, monitor),
                PoolCursor.ofFrames(source, BufferKind.AICORE_TASK, core, time, monitor),
                taskPool,
                counts));
      }
    }
    // After the tasks: what happens at the very end of a phase is within it.
    for (int thread = 0; thread < source.instances(BufferKind.SCHED_PHASE); thread++) {
      PoolCursor cursor = PoolCursor.of(source, BufferKind.SCHED_PHASE, thread, time, monitor);
      streams.add(new PhaseStream(thread, source.facts().generation(), cursor, phasePool));
    }
    return streams;
  }

  /** Draws everything. */
  void run() throws IOException {
    long admitted = 0;
    long drawn = 0;
    for (Row row = merge.next(); row != null; row = merge.next()) {
      if (admitted - drawn == WINDOW) {
        draw(window[(int) (drawn & (WINDOW - 1))]);
        drawn++;
      }
      window[(int) (admitted & (WINDOW - 1))] = row;
      admitted++;
      row.holders = 1;
      if (row instanceof TaskRow task) {
        task.ordinal = ++taskOrdinals;
        index.add(task);
      }
    }
    for (; drawn < admitted; drawn++) {
      draw(window[(int) (drawn & (WINDOW - 1))]);
    }
    phases.finish();
    submits.finish();
    dependencies.finish();
    sink.finish();
  }

  private void draw(Row row) throws IOException {
    if (row instanceof TaskRow task) {
      draw(task);
    } else if (row instanceof PhaseRow phase) {
      phases.draw(phase);
    } else if (row instanceof SubmitRow submit) {
      submits.draw(submit);
      releaser.release(submit);
    }
  }

  private void draw(TaskRow task) throws IOException {
    task.isFirstOfTask = task.task.drawnRows == 0;
    tasks.draw(task);
    if (task.isFirstOfTask) {
      submits.claim(task);
    } else {
      task.submitLane = null;
    }
    int thread = coreThreads[task.core];
    if (hasPhases && thread >= 0 && task.schedulerLane != null) {
      phases.await(task, thread);
    }
    releaser.release(task);
  }

  JoinCounts joins() {
    return counts;
  }
}
