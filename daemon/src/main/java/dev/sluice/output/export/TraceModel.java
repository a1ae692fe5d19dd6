package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import java.io.IOException;

/**
 * Turns a capture into bars and arrows, in one pass and in bounded memory. Rows come on a thread of
 * {@link RowReader}; before the first and after the last one, everything is on the caller's.
 *
 * <p>Rows of all pools come merged by time and stay in a window of {@value #WINDOW} rows before
 * they are drawn, so that what follows shortly is known: whether a task runs on several cores, and
 * which of its rows ends last. Beyond the window, rows of one task count as different tasks.
 */
final class TraceModel implements RowBatch.Receiver {
  static final int WINDOW = 1 << 10;

  private final RowReader reader;
  private final TaskIndex index = new TaskIndex();
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
  private long admitted;
  private long drawn;

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
    reader = new RowReader(source, selection, selection.window(clock), monitor);
    Lanes lanes = new Lanes(facts, names.orchestrator(), sink);
    dependencies = new Dependencies(graph, facts.isChip(), sink);
    tasks = new TaskDrawer(facts, clock, graph, lanes, dependencies, hasPhases, sink);
    submits = new SubmitDrawer(facts, clock, lanes, tasks, hasPhases, sink);
    phases = new PhaseDrawer(facts, clock, lanes, tasks, submits, dependencies, releaser, sink);
    if (hasPhases) {
      lanes.declareSchedulers();
    }
  }

  /** Draws everything. */
  void run() throws IOException {
    reader.readAll(this);
    for (; drawn < admitted; drawn++) {
      draw(window[(int) (drawn & (WINDOW - 1))]);
    }
    phases.finish();
    submits.finish();
    dependencies.finish();
    sink.finish();
  }

  @Override
  public TaskRow newTask() {
    return taskPool.take();
  }

  @Override
  public SubmitRow newSubmit() {
    return submitPool.take();
  }

  @Override
  public PhaseRow newPhase() {
    return phasePool.take();
  }

  /** The next row in the order of time. */
  @Override
  public void accept(Row row) throws IOException {
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
    JoinCounts counts = reader.counts();
    counts.givenUp = phases.givenUp() + submits.givenUp();
    return counts;
  }
}
