package dev.sluice.output.export;

import java.util.ArrayDeque;
import java.util.Deque;

/** Tasks of one scheduler thread whose dispatch or completion phase has not come by yet. */
final class PendingTasks {
  /** More than this are in flight only if phases are missing. */
  private static final int MAX_TASKS = 1 << 16;

  private static final int INITIAL = 1 << 10;

  private final Deque<TaskRow> dispatched = new ArrayDeque<>(INITIAL);
  private final FinishHeap finished = new FinishHeap(INITIAL);

  void add(TaskRow row) {
    row.holders += 2;
    dispatched.addLast(row);
    finished.add(row);
  }

  /** The next that was dispatched up to this moment, in the order of dispatch; or null. */
  TaskRow pollDispatched(long ticks) {
    TaskRow first = dispatched.peekFirst();
    return first != null && Long.compareUnsigned(first.dispatch, ticks) <= 0
        ? dispatched.pollFirst()
        : null;
  }

  /** The next that finished up to this moment, in the order of finishes; or null. */
  TaskRow pollFinished(long ticks) {
    return finished.pollUpTo(ticks);
  }

  /** The oldest dispatch if there are too many, else null. */
  TaskRow pollExcessDispatched() {
    return dispatched.size() > MAX_TASKS ? dispatched.pollFirst() : null;
  }

  TaskRow pollExcessFinished() {
    return finished.size() > MAX_TASKS ? finished.pollUpTo(-1) : null;
  }
}
