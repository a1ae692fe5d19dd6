package dev.sluice.output.export;

import java.io.IOException;

/**
 * Draws the bars of a task: what the core did, on its lane of the worker view, and what the
 * scheduler saw of it, from dispatch to finish.
 */
final class TaskDrawer {
  /** A shorter time between receipt and start is not worth a bar. */
  private static final long MIN_SETUP_NS = 20;

  private static final int AIV_PER_BLOCK = 2;

  private final TraceFacts facts;
  private final TraceClock clock;
  private final TaskGraph graph;
  private final Lanes lanes;
  private final Dependencies dependencies;
  private final TraceSink sink;
  private final boolean hasPhases;
  private final int aicCores;
  private final Slice slice = new Slice();
  private final long[] busyUntil;
  private long sliceIds;

  /**
   * @param hasPhases whether scheduler phases are drawn, to which arrows can lead
   */
  TaskDrawer(
      TraceFacts facts,
      TraceClock clock,
      TaskGraph graph,
      Lanes lanes,
      Dependencies dependencies,
      boolean hasPhases,
      TraceSink sink) {
    this.facts = facts;
    this.clock = clock;
    this.graph = graph;
    this.lanes = lanes;
    this.dependencies = dependencies;
    this.hasPhases = hasPhases;
    this.sink = sink;
    aicCores = facts.aicCores();
    busyUntil = new long[facts.geometry().numCores() * Lanes.OVERLAP_LANES];
  }

  void draw(TaskRow row) throws IOException {
    int node = graph.node(row.taskId);
    boolean isSpmd = row.task.rows > 1 || (node != TaskGraph.NO_NODE && graph.blocks(node) > 1);
    int funcId = node == TaskGraph.NO_NODE ? -1 : function(node, row.core);
    boolean isFirst = row.task.drawnRows == 0;
    boolean isLast = row.task.isLast(row);
    row.task.drawnRows++;

    long startNs = clock.ns(row.start);
    long endNs = clock.ns(row.end);
    // A receipt before the axis begins is at 0, as every moment there.
    long receiveNs = clock.ns(row.receive);
    row.workerLane = lanes.worker(row.core);
    if (!facts.isChip() && startNs - receiveNs >= MIN_SETUP_NS) {
      slice.begin(Slice.Type.SETUP, row.workerLane, receiveNs, startNs);
      describe(row, node, funcId, isSpmd, startNs - receiveNs);
      sink.slice(slice);
    }
    slice.begin(Slice.Type.KERNEL, row.workerLane, facts.isChip() ? receiveNs : startNs, endNs);
    describe(row, node, funcId, isSpmd, startNs - receiveNs);
    slice.kernelNs = Math.max(0, endNs - startNs);
    if (hasPhases) {
      slice.beginFlows.add(FlowIds.kernel(row));
    }
    dependencies.onKernel(slice, isFirst, isLast);
    sink.slice(slice);

    if (row.finish != 0) {
      drawScheduled(row, node, funcId, isSpmd, isFirst, isLast);
    } else {
      row.schedulerLane = null;
    }
  }

  private void drawScheduled(
      TaskRow row, int node, int funcId, boolean isSpmd, boolean isFirst, boolean isLast)
      throws IOException {
    long dispatchNs = clock.ns(row.dispatch);
    long finishNs = clock.ns(row.finish);
    row.schedulerLane = lanes.scheduled(row.core, overlap(row.core, dispatchNs, finishNs));
    slice.begin(Slice.Type.SCHEDULED, row.schedulerLane, dispatchNs, finishNs);
    describe(row, node, funcId, isSpmd, 0);
    row.schedulerSliceId = slice.id;
    if (hasPhases) {
      slice.beginFlows.add(FlowIds.scheduled(row));
    }
    dependencies.onScheduled(slice, isFirst, isLast);
    sink.slice(slice);
  }

  private void describe(TaskRow row, int node, int funcId, boolean isSpmd, long setupNs) {
    slice.id = ++sliceIds;
    slice.core = row.core;
    slice.isSpmd = isSpmd;
    slice.taskId = row.taskId;
    slice.node = node;
    slice.funcId = funcId;
    slice.setupNs = Math.max(0, setupNs);
  }

  private int function(int node, int core) {
    boolean isAic = facts.isAic(core);
    return graph.kernel(node, isAic, isAic ? 0 : Math.max(0, core - aicCores) % AIV_PER_BLOCK);
  }

  /**
   * The next task of a core may be dispatched before the one at work has finished: the first lane
   * on which it fits. The last lane takes what fits nowhere.
   */
  private int overlap(int core, long dispatchNs, long finishNs) {
    int first = core * Lanes.OVERLAP_LANES;
    int overlap = 0;
    while (overlap < Lanes.OVERLAP_LANES - 1 && busyUntil[first + overlap] > dispatchNs) {
      overlap++;
    }
    busyUntil[first + overlap] = Math.max(dispatchNs, finishNs);
    return overlap;
  }

  /** A number that no other slice has. */
  long nextSliceId() {
    return ++sliceIds;
  }
}
