package dev.sluice.output.export;

import java.io.IOException;
import java.util.Arrays;

/**
 * Arrows along the edges of the dependency graph. Tasks of the graph are remembered for the whole
 * export, everything else is not: memory grows with the graph that was given, not with the capture.
 *
 * <p>An edge leaves from the row of the earlier task that ends last and arrives at the first row of
 * the later one; these are known when a row is drawn, the arrow is given to the sink at the end.
 */
final class Dependencies {
  private final TaskGraph graph;
  private final TraceSink sink;
  private final boolean isChip;
  private final Flow flow = new Flow();

  /** By node: the bars at which its edges end and from which they leave. */
  private final Lane[] firstWorker;

  private final Lane[] firstScheduled;
  private final long[] firstWorkerNs;
  private final long[] firstScheduledNs;
  private final long[] firstWorkerSlice;
  private final long[] firstScheduledSlice;
  private final Lane[] lastWorker;
  private final Lane[] lastScheduled;
  private final long[] lastWorkerNs;
  private final long[] lastScheduledNs;
  private final long[] lastEndNs;

  /** By node: predecessors that have not completed, and where the last one did. */
  private final int[] missing;

  private final Lane[] readyLane;
  private final long[] readyNs;

  Dependencies(TaskGraph graph, boolean isChip, TraceSink sink) {
    this.graph = graph;
    this.sink = sink;
    this.isChip = isChip;
    int nodes = graph.nodes();
    firstWorker = new Lane[nodes];
    firstScheduled = new Lane[nodes];
    firstWorkerNs = new long[nodes];
    firstScheduledNs = new long[nodes];
    firstWorkerSlice = new long[nodes];
    firstScheduledSlice = new long[nodes];
    lastWorker = new Lane[nodes];
    lastScheduled = new Lane[nodes];
    lastWorkerNs = new long[nodes];
    lastScheduledNs = new long[nodes];
    lastEndNs = new long[nodes];
    missing = new int[nodes];
    readyLane = new Lane[nodes];
    readyNs = new long[nodes];
    for (int node = 0; node < nodes; node++) {
      missing[node] = graph.incomingCount(node);
    }
  }

  /** The kernel of a row is about to be drawn: adds the arrows that touch it. */
  void onKernel(Slice slice, boolean isFirst, boolean isLast) {
    int node = slice.node;
    if (node == TaskGraph.NO_NODE) {
      return;
    }
    if (isFirst && firstWorker[node] == null) {
      firstWorker[node] = slice.lane;
      firstWorkerNs[node] = slice.beginNs;
      firstWorkerSlice[node] = slice.id;
      for (int i = 0; i < graph.incomingCount(node); i++) {
        slice.beginFlows.add(FlowIds.dependency(graph.incomingEdge(node, i)));
      }
    }
    if (isLast) {
      lastWorker[node] = slice.lane;
      lastEndNs[node] = slice.endNs;
      lastWorkerNs[node] = isChip ? slice.beginNs : slice.endNs - Flow.INSIDE_NS;
      for (int i = 0; i < graph.outgoingCount(node); i++) {
        slice.beginFlows.add(FlowIds.dependency(graph.firstOutgoing(node) + i));
      }
    }
  }

  /** The same in the scheduler's view. */
  void onScheduled(Slice slice, boolean isFirst, boolean isLast) {
    int node = slice.node;
    if (node == TaskGraph.NO_NODE) {
      return;
    }
    if (isFirst && firstScheduled[node] == null) {
      firstScheduled[node] = slice.lane;
      firstScheduledNs[node] = slice.beginNs;
      firstScheduledSlice[node] = slice.id;
      for (int i = 0; i < graph.incomingCount(node); i++) {
        slice.beginFlows.add(FlowIds.scheduledDependency(graph.incomingEdge(node, i)));
      }
    }
    if (isLast) {
      lastScheduled[node] = slice.lane;
      lastScheduledNs[node] = isChip ? slice.beginNs : slice.endNs - Flow.INSIDE_NS;
      for (int i = 0; i < graph.outgoingCount(node); i++) {
        slice.beginFlows.add(FlowIds.scheduledDependency(graph.firstOutgoing(node) + i));
      }
    }
  }

  /** The last row of a task completed within this phase: which tasks became ready by that? */
  void onCompleted(long taskId, Slice phase) {
    int node = graph.node(taskId);
    if (node == TaskGraph.NO_NODE) {
      return;
    }
    for (int i = 0; i < graph.outgoingCount(node); i++) {
      int successor = graph.successor(graph.firstOutgoing(node) + i);
      missing[successor]--;
      if (missing[successor] == 0) {
        readyLane[successor] = phase.lane;
        readyNs[successor] = phase.endNs - Flow.INSIDE_NS;
        phase.endFlows.add(FlowIds.ready(successor));
      }
    }
  }

  /**
   * The first row of a task was dispatched within this phase, at this moment.
   *
   * @param phase null if no phase was found around the moment
   */
  void onDispatched(long taskId, Lane scheduler, long dispatchNs, Slice phase) throws IOException {
    int node = graph.node(taskId);
    if (node == TaskGraph.NO_NODE || readyLane[node] == null) {
      return;
    }
    if (phase != null) {
      phase.beginFlows.add(FlowIds.ready(node));
    }
    if (sink.drawsFlows()) {
      sink.flow(
          flow.set(
              Flow.Type.COMPLETE_READY, readyLane[node], readyNs[node], scheduler, dispatchNs));
    }
    readyLane[node] = null;
  }

  void finish() throws IOException {
    for (int node = 0; sink.drawsFlows() && node < graph.nodes(); node++) {
      if (lastWorker[node] == null) {
        continue;
      }
      for (int i = 0; i < graph.outgoingCount(node); i++) {
        int successor = graph.successor(graph.firstOutgoing(node) + i);
        if (firstWorker[successor] != null) {
          draw(node, successor);
        }
      }
    }
    Arrays.fill(lastWorker, null);
  }

  private void draw(int from, int to) throws IOException {
    Flow.Type type =
        lastEndNs[from] > firstWorkerNs[to] ? Flow.Type.HB_VIOLATION : Flow.Type.DEPENDENCY;
    flow.set(type, lastWorker[from], lastWorkerNs[from], firstWorker[to], firstWorkerNs[to]);
    describe(from, to, firstWorkerSlice[to]);
    sink.flow(flow);
    if (lastScheduled[from] != null && firstScheduled[to] != null) {
      flow.set(
          type,
          lastScheduled[from],
          lastScheduledNs[from],
          firstScheduled[to],
          firstScheduledNs[to]);
      describe(from, to, firstScheduledSlice[to]);
      sink.flow(flow);
    }
  }

  private void describe(int from, int to, long bindId) {
    flow.bindId = bindId;
    flow.inputTasks = graph.incomingCount(to);
    flow.outputTasks = graph.outgoingCount(from);
  }
}
