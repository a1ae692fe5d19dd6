package dev.sluice.output.export;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Arrows along the edges of the dependency graph. The rows are read twice: the first pass learns
 * which tasks of the graph are there, how often and when, so that the second can add both ends of
 * each arrow or none. Memory grows with the graph, not with the capture.
 *
 * <p>Where a task runs in several blocks, its k-th row is joined with the k-th row of the other
 * task, and what is left of the longer side with the last row of the shorter one.
 */
final class Dependencies {
  private final TaskGraph graph;
  private final ExportSummary.Counts counts;
  private final int[] rows;
  private final int[] scheduledRows;
  private final int[] drawn;
  private final long[] firstBegin;
  private final long[] firstDispatch;
  private final long[] lastEnd;
  private final long[] lastFinish;
  private final boolean[] isDispatchSeen;
  private final boolean[] isFinishSeen;
  // By node: whether the arrow from the completion that made it ready is drawn, and from where.
  private final int[] readyFrom;
  // By edge: the first of its ids; those of the scheduler view follow.
  private final long[] firstId;
  private long firstReadyId;
  private boolean isDrawing;

  Dependencies(TaskGraph graph, ExportSummary.Counts counts) {
    this.graph = graph;
    this.counts = counts;
    int nodes = graph.nodes();
    rows = new int[nodes];
    scheduledRows = new int[nodes];
    drawn = new int[nodes];
    firstBegin = new long[nodes];
    firstDispatch = new long[nodes];
    lastEnd = new long[nodes];
    lastFinish = new long[nodes];
    isDispatchSeen = new boolean[nodes];
    isFinishSeen = new boolean[nodes];
    readyFrom = new int[nodes];
    firstId = new long[graph.edges()];
  }

  /** Whether a first pass is needed. */
  boolean isWanted() {
    return graph.edges() > 0;
  }

  /**
   * The first pass is over: numbers the arrows.
   *
   * @param ids the next one
   */
  void number(AtomicLong ids) {
    isDrawing = true;
    firstReadyId = ids.getAndAdd(graph.nodes());
    Arrays.fill(readyFrom, TaskGraph.NO_NODE);
    for (int node = 0; node < graph.nodes(); node++) {
      for (int i = 0; i < graph.outgoingCount(node); i++) {
        int edge = graph.firstOutgoing(node) + i;
        int fan = fan(node, graph.successor(edge));
        firstId[edge] = ids.getAndAdd(2L * fan);
        counts.violations += fan > 0 && isViolated(node, graph.successor(edge)) ? 1 : 0;
      }
      readyFrom[node] = rows[node] > 0 && isDispatchSeen[node] ? lastPredecessor(node) : -1;
    }
  }

  private int fan(int from, int to) {
    return rows[from] == 0 || rows[to] == 0 ? 0 : Math.max(rows[from], rows[to]);
  }

  private boolean isViolated(int from, int to) {
    return lastEnd[from] > firstBegin[to];
  }

  /** The predecessor that finished last, if all are there and that was before the dispatch. */
  private int lastPredecessor(int node) {
    int last = TaskGraph.NO_NODE;
    for (int i = 0; i < graph.incomingCount(node); i++) {
      int predecessor = graph.predecessor(node, i);
      if (rows[predecessor] == 0) {
        return TaskGraph.NO_NODE;
      }
      last =
          last == TaskGraph.NO_NODE || lastFinish[predecessor] > lastFinish[last]
              ? predecessor
              : last;
    }
    return last != TaskGraph.NO_NODE
            && isFinishSeen[last]
            && lastFinish[last] <= firstDispatch[node]
        ? last
        : TaskGraph.NO_NODE;
  }

  /**
   * @param dispatching phase of the dispatch, or null
   * @param completing phase of the finish, or null
   * @param begin of the bar in the worker view
   */
  void link(Row.Task task, Row.Phase dispatching, Row.Phase completing, long begin) {
    task.node = graph.node(task.taskId);
    if (task.node == TaskGraph.NO_NODE) {
      return;
    }
    if (isDrawing) {
      draw(task, dispatching, completing, begin);
    } else {
      learn(task, dispatching != null, completing != null, begin);
    }
  }

  private void learn(Row.Task task, boolean isDispatched, boolean isCompleted, long begin) {
    int node = task.node;
    if (rows[node] == 0) {
      firstBegin[node] = begin;
      firstDispatch[node] = task.dispatch;
      isDispatchSeen[node] = isDispatched;
      lastEnd[node] = task.end;
      lastFinish[node] = Row.NEVER;
    }
    firstBegin[node] = Math.min(firstBegin[node], begin);
    lastEnd[node] = Math.max(lastEnd[node], task.end);
    if (task.finish > lastFinish[node]) {
      lastFinish[node] = task.finish;
      isFinishSeen[node] = isCompleted;
    }
    rows[node]++;
    scheduledRows[node] += task.isScheduled() ? 1 : 0;
  }

  private void draw(Row.Task task, Row.Phase dispatching, Row.Phase completing, long begin) {
    int node = task.node;
    int row = drawn[node]++;
    for (int i = 0; i < graph.outgoingCount(node); i++) {
      int edge = graph.firstOutgoing(node) + i;
      add(task, edge, node, graph.successor(edge), row, true, begin);
    }
    for (int i = 0; i < graph.incomingCount(node); i++) {
      int edge = graph.incomingEdge(node, i);
      add(task, edge, graph.predecessor(node, i), node, row, false, begin);
    }
    if (row == 0 && readyFrom[node] != TaskGraph.NO_NODE && dispatching != null) {
      long id = firstReadyId + node;
      dispatching.in.add(Row.Arrow.in(Row.Arrow.Type.COMPLETE_READY, id, task.dispatch));
    }
    if (completing != null && task.finish == lastFinish[node]) {
      for (int i = 0; i < graph.outgoingCount(node); i++) {
        int successor = graph.successor(graph.firstOutgoing(node) + i);
        if (readyFrom[successor] == node) {
          long id = firstReadyId + successor;
          completing.out.add(Row.Arrow.out(Row.Arrow.Type.COMPLETE_READY, id, task.finish));
        }
      }
      lastFinish[node] = Row.NEVER; // another row may have finished in the same tick
    }
  }

  private void add(Row.Task task, int edge, int from, int to, int row, boolean isOut, long begin) {
    int fan = fan(from, to);
    int own = isOut ? rows[from] : rows[to];
    Row.Arrow.Type type =
        isViolated(from, to) ? Row.Arrow.Type.HB_VIOLATION : Row.Arrow.Type.DEPENDENCY;
    boolean isMirrored =
        scheduledRows[from] == rows[from] && scheduledRows[to] == rows[to] && task.isScheduled();
    int last = row == own - 1 ? fan - 1 : row;
    for (int k = row; k <= last && k < fan; k++) {
      long id = firstId[edge] + 2L * k;
      long bar = isOut ? Math.max(begin, task.end - 1) : begin;
      task.worker.add(new Row.Arrow(type, isOut, id, bar));
      if (isMirrored) {
        long at = isOut ? Math.max(task.dispatch, task.finish - 1) : task.dispatch;
        task.scheduled.add(new Row.Arrow(type, isOut, id + 1, at));
      }
    }
  }
}
