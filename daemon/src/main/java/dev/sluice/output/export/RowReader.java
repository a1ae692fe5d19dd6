package dev.sluice.output.export;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.OrchPhaseRecord;
import dev.sluice.abi.SchedPhaseRecord;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads all pools of a capture in parallel, joins and merges their records by time, and links
 * related ones: a task with the phases of its dispatch and finish, and with its submission. One
 * pass, bounded memory, one thread.
 *
 * <p>Phases are read ahead of the merge, so that a task is linked to its phases before it is
 * emitted, and a phase is emitted after all tasks dispatched in it. An arrow is therefore added to
 * both of its ends or to none.
 */
final class RowReader {
  /** Maximum read-ahead of a thread's phases, for tasks that finish late. */
  private static final int MAX_AHEAD = 1 << 16;

  /** Phases may be nested in others, which end later. */
  private static final int MAX_NESTING = 4;

  /** Submissions waiting for their task: more than a device can hold at once. */
  static final int MAX_OPEN = 1 << 17;

  /** An arrow leaves this long before the end of its bar, so that it touches the bar. */
  private static final long INSIDE_NS = 10;

  private final CaptureSource source;
  private final TraceClock clock;
  private final Dependencies dependencies;
  private final ExportSummary.Counts counts;
  private final AtomicLong arrowIds;
  private final List<PhaseStream> phases = new ArrayList<>();
  private final PriorityQueue<Stream> merge =
      new PriorityQueue<>(
          Comparator.<Stream>comparingLong(stream -> stream.key)
              .thenComparingInt(stream -> stream.order));
  private final Deque<Row.Submit> submits = new ArrayDeque<>();
  private final Map<Long, Row.Submit> open = new HashMap<>();
  // Older generations identify a dummy only by the low half of its task id.
  private final Map<Long, Row.Submit> openByLocal = new HashMap<>();
  private final long insideTicks;
  private Row.Receiver to;

  /**
   * @param arrowIds next id, shared by all captures of an export
   */
  RowReader(Exporter.Job job, Dependencies dependencies, AtomicLong arrowIds) throws IOException {
    this.source = job.source();
    this.clock = source.clock();
    this.dependencies = dependencies;
    this.arrowIds = arrowIds;
    this.counts = job.counts();
    insideTicks = Math.max(1, INSIDE_NS * source.clockHz() / 1_000_000_000L);
    for (int lane = 0; lane < source.instances(BufferKind.ORCH_PHASE); lane++) {
      add(new SubmitStream(job.cursor(BufferKind.ORCH_PHASE, lane, 0)));
    }
    for (int core = 0; core < source.geometry().numCores(); core++) {
      if (job.hasCore(core)) {
        add(new TaskStream(core, job.tasks(core, 0)));
      }
    }
    // After the tasks: an event at the very end of a phase belongs to it.
    for (int thread = 0; thread < source.instances(BufferKind.SCHED_PHASE); thread++) {
      phases.add(new PhaseStream(job.cursor(BufferKind.SCHED_PHASE, thread, 0)));
    }
    for (PhaseStream stream : phases) {
      add(stream);
    }
  }

  private void add(Stream stream) throws IOException {
    stream.order = merge.size();
    if (stream.advance()) {
      merge.add(stream);
    }
  }

  /** Passes every row to the receiver. */
  void readAll(Row.Receiver receiver) throws IOException {
    to = receiver;
    while (!merge.isEmpty()) {
      Stream earliest = merge.poll();
      earliest.give();
      if (earliest.advance()) {
        merge.add(earliest);
      }
    }
    while (!submits.isEmpty()) {
      to.accept(submits.poll());
    }
  }

  /** Rows of one pool ordered by {@link #key}, which never decreases. */
  private abstract static class Stream {
    long key = Long.MIN_VALUE;
    int order;

    /** Moves to the next row; returns false after the last. */
    abstract boolean advance() throws IOException;

    abstract void give() throws IOException;
  }

  private final class TaskStream extends Stream {
    private final Row.Task task = new Row.Task();
    private final TaskJoin join;

    TaskStream(int core, TaskJoin join) {
      this.join = join;
      task.core = core;
    }

    @Override
    boolean advance() throws IOException {
      while (join.next(task)) {
        if (task.settle(clock, counts)) {
          key = Math.max(key, task.dispatch == Row.NEVER ? task.start : task.dispatch);
          return true;
        }
      }
      return false;
    }

    @Override
    void give() throws IOException {
      link(task);
      to.accept(task);
    }
  }

  private final class SubmitStream extends Stream {
    private final RecordCursor cursor;
    private Row.Submit submit;

    SubmitStream(RecordCursor cursor) {
      this.cursor = cursor;
    }

    @Override
    boolean advance() throws IOException {
      while (cursor.next()) {
        submit = new Row.Submit();
        if (submit.settle(cursor, clock, counts)) {
          submit.lane = cursor.instance();
          submit.index = (int) cursor.u32(OrchPhaseRecord.SUBMIT_IDX_OFFSET);
          submit.taskId = cursor.u64(OrchPhaseRecord.TASK_ID_OFFSET);
          key = Math.max(key, submit.start);
          return true;
        }
      }
      return false;
    }

    /** Emits submissions in their own order, once their task has arrived or is given up. */
    @Override
    void give() throws IOException {
      submits.add(submit);
      open.put(submit.taskId, submit);
      if (!source.isChip()) {
        openByLocal.put(local(submit.taskId), submit);
      }
      while (!submits.isEmpty() && (submits.peek().isClaimed || submits.size() > MAX_OPEN)) {
        Row.Submit oldest = submits.poll();
        if (!oldest.isClaimed) {
          counts.givenUp++;
          open.remove(oldest.taskId, oldest);
        }
        openByLocal.remove(local(oldest.taskId), oldest);
        to.accept(oldest);
      }
    }
  }

  private static long local(long taskId) {
    return taskId & 0xFFFFFFFFL;
  }

  private final class PhaseStream extends Stream {
    private final SchedPhaseRecord record = source.phaseRecord();
    private final RecordCursor cursor;
    private final List<Row.Phase> ahead = new ArrayList<>();
    private int head = -1;
    private long lastEnd = Long.MIN_VALUE;

    PhaseStream(RecordCursor cursor) {
      this.cursor = cursor;
    }

    @Override
    boolean advance() throws IOException {
      head++;
      if (head > 1024 && 2 * head > ahead.size()) {
        ahead.subList(0, head).clear();
        head = 0;
      }
      if (head == ahead.size() && !read()) {
        return false;
      }
      key = ahead.get(head).key;
      return true;
    }

    private boolean read() throws IOException {
      while (cursor.next()) {
        Row.Phase phase = new Row.Phase();
        if (phase.settle(cursor, clock, counts)) {
          fill(phase);
          ahead.add(phase);
          return true;
        }
      }
      return false;
    }

    private void fill(Row.Phase phase) {
      phase.thread = cursor.instance();
      phase.kind = source.phaseNumbering().kind(record.kind(cursor.records(), cursor.at()));
      phase.loopIter = (int) cursor.u32(record.loopIterOffset());
      phase.tasksProcessed = (int) cursor.u32(record.tasksProcessedOffset());
      phase.popHit = (int) cursor.u32(record.popHitOffset());
      phase.popMiss = (int) cursor.u32(record.popMissOffset());
      phase.depthsAtStart = cursor.u48(record.sharedDepthAtStartOffset());
      phase.depthsAtEnd = cursor.u48(record.sharedDepthAtEndOffset());
      lastEnd = Math.max(lastEnd, phase.end);
      phase.key = lastEnd;
    }

    @Override
    void give() throws IOException {
      Row.Phase phase = ahead.get(head);
      ahead.set(head, null);
      if (phase.isDummy()) {
        claim(phase);
      }
      to.accept(phase);
    }

    /** Returns the dispatching or completing phase that contains a moment; null if none. */
    Row.Phase find(long moment, boolean isDispatch) throws IOException {
      while (lastEnd < moment && ahead.size() - head < MAX_AHEAD) {
        if (!read()) {
          break;
        }
      }
      if (lastEnd < moment && ahead.size() - head >= MAX_AHEAD) {
        counts.givenUp++;
        return null;
      }
      int low = head;
      int high = ahead.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (ahead.get(middle).key < moment) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      for (int i = low; i < low + MAX_NESTING; i++) {
        if (i == ahead.size() && !read()) {
          return null;
        }
        Row.Phase phase = ahead.get(i);
        boolean isMeant = isDispatch ? phase.isDispatching() : phase.isCompleting();
        if (isMeant && phase.start <= moment && moment <= phase.end) {
          return phase;
        }
      }
      return null;
    }
  }

  private Row.Phase phaseAt(Row.Task task, long moment, boolean isDispatch) throws IOException {
    if (moment == Row.NEVER) {
      return null;
    }
    if (task.thread >= 0) {
      return task.thread < phases.size() ? phases.get(task.thread).find(moment, isDispatch) : null;
    }
    // The device did not report which thread serves the core.
    for (PhaseStream thread : phases) {
      Row.Phase phase = thread.find(moment, isDispatch);
      if (phase != null) {
        return phase;
      }
    }
    return null;
  }

  private void link(Row.Task task) throws IOException {
    task.worker.clear();
    task.scheduled.clear();
    task.thread = source.threadOf(task.core);
    Row.Phase dispatching = phaseAt(task, task.dispatch, true);
    Row.Phase completing = phaseAt(task, task.finish, false);
    long begin = source.isChip() ? task.receive : task.start;
    Row.Submit submit = open.remove(task.taskId);
    if (submit != null) {
      submit.isClaimed = true;
    }
    if (dispatching != null) {
      linkDispatch(task, dispatching, submit, begin);
    }
    if (completing != null) {
      linkFinish(task, completing, begin);
    }
    dependencies.link(task, dispatching, completing, begin);
  }

  private void linkDispatch(Row.Task task, Row.Phase phase, Row.Submit submit, long begin) {
    long at = task.dispatch;
    if (begin > phase.start && task.end >= at) {
      connect(Row.Arrow.Type.DISPATCH, phase.out, at, task.worker, Math.max(begin, at));
    }
    if (task.isScheduled()) {
      connect(Row.Arrow.Type.DISPATCH, phase.out, at, task.scheduled, at);
    }
    if (submit != null && submit.start <= at) {
      long leaves = Math.min(submit.end, at);
      connect(Row.Arrow.Type.SUBMIT_DISPATCH, submit.out, leaves, phase.in, at);
    }
  }

  private void linkFinish(Row.Task task, Row.Phase phase, long begin) {
    phase.finishes++;
    long at = task.finish;
    if (at >= begin) {
      long leaves = Math.max(begin, Math.min(task.end, at) - insideTicks);
      connect(Row.Arrow.Type.COMPLETE, task.worker, leaves, phase.in, at);
    }
    if (source.isChip() && task.isScheduled()) {
      long leaves = Math.max(task.dispatch, at - insideTicks);
      connect(Row.Arrow.Type.COMPLETE, task.scheduled, leaves, phase.in, at);
    }
  }

  private void connect(
      Row.Arrow.Type type, List<Row.Arrow> from, long leaves, List<Row.Arrow> to, long arrives) {
    long id = arrowIds.getAndIncrement();
    from.add(Row.Arrow.out(type, id, leaves));
    to.add(Row.Arrow.in(type, id, arrives));
  }

  /** Matches a dummy with its submission. */
  private void claim(Row.Phase dummy) {
    Row.Submit submit =
        source.isChip()
            ? open.remove(dummy.taskId())
            : openByLocal.remove(Integer.toUnsignedLong(dummy.tasksProcessed));
    if (submit != null) {
      submit.isClaimed = true;
      open.remove(submit.taskId, submit);
    }
  }
}
