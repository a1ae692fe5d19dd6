package dev.sluice.output.export;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Adds arrows along the edges of the dependency graph. The rows are read twice: the first pass
 * finds which tasks of the graph occur, how many times and when, so that the second can add both
 * ends of each arrow or none. Memory grows with the graph, not with the capture.
 *
 * <p>If a task runs in several blocks, its k-th row is connected to the k-th row of the other task,
 * and surplus rows of the longer side to the last row of the shorter one.
 */
final class Dependencies {
  private final TaskGraph graph;
  private final ExportSummary.Counts counts;
  // By node; null for a task that does not occur.
  private final Seen[] seen;
  // By edge: its first arrow id; ids of the worker and the scheduler view alternate.
  private final long[] firstId;
  private long firstReadyId;
  private boolean isDrawing;

  /** Facts about a task from the first pass. */
  private static final class Seen {
    int rows;
    int scheduledRows;
    int drawn;
    long firstBegin = Long.MAX_VALUE;
    long firstDispatch;
    long lastEnd = Long.MIN_VALUE;
    long lastFinish = Row.NEVER;
    boolean isDispatchSeen;
    boolean isFinishSeen;

    /** Node whose completion made the task ready, if an arrow shows it. */
    int readyFrom = TaskGraph.NO_NODE;
  }

  Dependencies(TaskGraph graph, ExportSummary.Counts counts) {
    this.graph = graph;
    this.counts = counts;
    seen = new Seen[graph.nodes()];
    firstId = new long[graph.edges()];
  }

  /** Returns whether a first pass is needed. */
  boolean isWanted() {
    return graph.edges() > 0;
  }

  /**
   * Ends the first pass and numbers the arrows.
   *
   * @param ids next arrow id
   */
  void number(AtomicLong ids) {
    isDrawing = true;
    firstReadyId = ids.getAndAdd(graph.nodes());
    for (int node = 0; node < graph.nodes(); node++) {
      for (int to : graph.successors(node)) {
        int fan = fan(node, to);
        firstId[graph.edge(node, to)] = ids.getAndAdd(2L * fan);
        counts.violations += fan > 0 && isViolated(node, to) ? 1 : 0;
      }
      if (seen[node] != null && seen[node].isDispatchSeen) {
        seen[node].readyFrom = lastPredecessor(node);
      }
    }
  }

  private int fan(int from, int to) {
    boolean isThere = seen[from] != null && seen[to] != null;
    return isThere ? Math.max(seen[from].rows, seen[to].rows) : 0;
  }

  private boolean isViolated(int from, int to) {
    return seen[from].lastEnd > seen[to].firstBegin;
  }

  /** Returns the predecessor that finished last, if all occur and it precedes the dispatch. */
  private int lastPredecessor(int node) {
    int last = TaskGraph.NO_NODE;
    for (int from : graph.predecessors(node)) {
      if (seen[from] == null) {
        return TaskGraph.NO_NODE;
      }
      boolean isLater = last == TaskGraph.NO_NODE || seen[from].lastFinish > seen[last].lastFinish;
      last = isLater ? from : last;
    }
    boolean isKnown = last != TaskGraph.NO_NODE && seen[last].isFinishSeen;
    return isKnown && seen[last].lastFinish <= seen[node].firstDispatch ? last : TaskGraph.NO_NODE;
  }

  /**
   * @param dispatching phase of the dispatch, or null
   * @param completing phase of the finish, or null
   * @param begin begin of the bar in the worker view
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
    Seen of = seen[task.node];
    if (of == null) {
      of = new Seen();
      of.firstDispatch = task.dispatch;
      of.isDispatchSeen = isDispatched;
      seen[task.node] = of;
    }
    of.firstBegin = Math.min(of.firstBegin, begin);
    of.lastEnd = Math.max(of.lastEnd, task.end);
    if (task.finish > of.lastFinish) {
      of.lastFinish = task.finish;
      of.isFinishSeen = isCompleted;
    }
    of.rows++;
    of.scheduledRows += task.isScheduled() ? 1 : 0;
  }

  private void draw(Row.Task task, Row.Phase dispatching, Row.Phase completing, long begin) {
    int node = task.node;
    Seen of = seen[node];
    if (of == null) {
      return; // without edges there was no first pass
    }
    int row = of.drawn++;
    int[] successors = graph.successors(node);
    for (int to : successors) {
      add(task, node, to, row, true, begin);
    }
    for (int from : graph.predecessors(node)) {
      add(task, from, node, row, false, begin);
    }
    if (row == 0 && of.readyFrom != TaskGraph.NO_NODE && dispatching != null) {
      long id = firstReadyId + node;
      dispatching.in.add(Row.Arrow.in(Row.Arrow.Type.COMPLETE_READY, id, task.dispatch));
    }
    if (completing != null && task.finish == of.lastFinish) {
      for (int to : successors) {
        if (seen[to] != null && seen[to].readyFrom == node) {
          long id = firstReadyId + to;
          completing.out.add(Row.Arrow.out(Row.Arrow.Type.COMPLETE_READY, id, task.finish));
        }
      }
      of.lastFinish = Row.NEVER; // another row may have finished in the same tick
    }
  }

  private void add(Row.Task task, int from, int to, int row, boolean isOut, long begin) {
    int fan = fan(from, to);
    if (fan == 0) {
      return;
    }
    Row.Arrow.Type type =
        isViolated(from, to) ? Row.Arrow.Type.HB_VIOLATION : Row.Arrow.Type.DEPENDENCY;
    boolean isMirrored =
        seen[from].scheduledRows == seen[from].rows
            && seen[to].scheduledRows == seen[to].rows
            && task.isScheduled();
    int last = row == seen[task.node].rows - 1 ? fan - 1 : row;
    long edgeId = firstId[graph.edge(from, to)];
    for (int k = row; k <= last; k++) {
      long id = edgeId + 2L * k;
      long bar = isOut ? Math.max(begin, task.end - 1) : begin;
      task.worker.add(new Row.Arrow(type, isOut, id, bar));
      if (isMirrored) {
        long at = isOut ? Math.max(task.dispatch, task.finish - 1) : task.dispatch;
        task.scheduled.add(new Row.Arrow(type, isOut, id + 1, at));
      }
    }
  }
}
