package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the records of all pools, joins and merges them, and hands the rows to whoever draws them,
 * on a thread of its own: finding out what there is takes about as long as drawing it. The source
 * and the monitor are used on the caller's thread.
 */
final class RowReader {
  private static final int BATCHES = 6;

  private final JoinCounts counts = new JoinCounts();
  private final RowPool<TaskRow> tasks = new RowPool<>(TaskRow::new, TaskRow[]::new);
  private final RowPool<PhaseRow> phases = new RowPool<>(PhaseRow::new, PhaseRow[]::new);
  private final RowPool<SubmitRow> submits = new RowPool<>(SubmitRow::new, SubmitRow[]::new);
  private final RowMerge merge;

  RowReader(RecordSource source, ExportSelection selection, TimeWindow time, ExportMonitor monitor)
      throws IOException {
    merge = new RowMerge(streams(source, selection, time, monitor));
  }

  private List<RowStream> streams(
      RecordSource source, ExportSelection selection, TimeWindow time, ExportMonitor monitor)
      throws IOException {
    List<RowStream> streams = new ArrayList<>();
    for (int lane = 0; lane < source.instances(BufferKind.ORCH_PHASE); lane++) {
      PoolCursor cursor = PoolCursor.of(source, BufferKind.ORCH_PHASE, lane, time, monitor);
      streams.add(new SubmitStream(lane, cursor, submits));
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
                tasks,
                counts));
      } else {
        streams.add(
            new TaskStream(
                core,
                PoolCursor.of(source, BufferKind.AICPU_TASK, core, time, monitor),
                PoolCursor.ofFrames(source, BufferKind.AICORE_TASK, core, time, monitor),
                tasks,
                counts));
      }
    }
    // After the tasks: what happens at the very end of a phase is within it.
    for (int thread = 0; thread < source.instances(BufferKind.SCHED_PHASE); thread++) {
      PoolCursor cursor = PoolCursor.of(source, BufferKind.SCHED_PHASE, thread, time, monitor);
      streams.add(new PhaseStream(thread, source.facts(), cursor, phases));
    }
    return streams;
  }

  /** Gives every row to the receiver; returns when it has had the last one. */
  void readAll(RowBatch.Receiver receiver) throws IOException {
    try (Stage<RowBatch> drawing =
        new Stage<>(
            "export-drawer",
            Stream.generate(RowBatch::new).limit(BATCHES).toList(),
            batch -> batch.giveTo(receiver))) {
      RowBatch batch = drawing.take();
      for (Row row = merge.next(); row != null; row = merge.next()) {
        if (batch.isFull()) {
          drawing.give(batch);
          batch = drawing.take();
          batch.clear();
        }
        batch.add(row);
        recycle(row);
      }
      drawing.give(batch);
    }
  }

  private void recycle(Row row) {
    if (row instanceof TaskRow task) {
      tasks.give(task);
    } else if (row instanceof SubmitRow submit) {
      submits.give(submit);
    } else if (row instanceof PhaseRow phase) {
      phases.give(phase);
    }
  }

  JoinCounts counts() {
    return counts;
  }
}
