package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.util.ArrayList;
import java.util.List;

/**
 * One event on the device, joined and linked. Times are ticks since the capture's base, see {@link
 * TraceClock}; {@link #NEVER} marks unknown or impossible times.
 */
abstract sealed class Row {
  static final long NEVER = Long.MIN_VALUE;

  long start;
  long end;

  /**
   * Sets the times from a record; raises an end before the start to the start.
   *
   * @return whether the start is valid
   */
  boolean settle(RecordCursor cursor, TraceClock clock, ExportSummary.Counts counts) {
    start = clock.sinceBase(RecordCursor.start(cursor.kind(), cursor.records(), cursor.at()));
    end = clock.sinceBase(RecordCursor.end(cursor.kind(), cursor.records(), cursor.at()));
    counts.impossibleTimes += start == NEVER || end < start ? 1 : 0;
    end = Math.max(start, end);
    return start != NEVER;
  }

  /** Receives rows in time order; a task row is valid only during the call. */
  interface Receiver {
    void accept(Row row) throws java.io.IOException;
  }

  /**
   * One end of an arrow. Each arrow is added to both of its rows or to none, with its own id.
   *
   * @param isOut whether the arrow leaves the row
   * @param ticks time at which it leaves or arrives, within the row
   */
  record Arrow(Type type, boolean isOut, long id, long ticks) {
    /** Meaning of an arrow. */
    enum Type {
      DISPATCH("dispatch"),
      COMPLETE("complete"),
      SUBMIT_DISPATCH("submit\u2192dispatch"),
      COMPLETE_READY("complete\u2192ready"),
      DEPENDENCY("dependency"),
      /** A dependency that the times contradict. */
      HB_VIOLATION("hb_violation");

      final String label;

      Type(String label) {
        this.label = label;
      }
    }

    static Arrow out(Type type, long id, long ticks) {
      return new Arrow(type, true, id, ticks);
    }

    static Arrow in(Type type, long id, long ticks) {
      return new Arrow(type, false, id, ticks);
    }
  }

  /** One run of a task on one core, from its AICore and AICPU records. */
  static final class Task extends Row {
    int core;
    int run;

    /** Dispatch token, unsigned. */
    int token;

    long taskId;

    /** {@link #NEVER} without an AICPU record. */
    long dispatch;

    long finish;
    long receive;

    /** Scheduler thread of the core, or -1. */
    int thread;

    /** Number in the dependency graph, or {@link TaskGraph#NO_NODE}. */
    int node;

    /** Arrows of the bars in the worker view and in the scheduler view. */
    final List<Arrow> worker = new ArrayList<>();

    final List<Arrow> scheduled = new ArrayList<>();

    /**
     * Converts times to ticks since the base, and replaces impossible ones.
     *
     * @return whether the start is valid
     */
    boolean settle(TraceClock clock, ExportSummary.Counts counts) {
      boolean hasDispatch = dispatch != 0;
      boolean hasFinish = finish != 0;
      start = clock.sinceBase(start);
      end = clock.sinceBase(end);
      receive = clock.sinceBase(receive);
      dispatch = clock.sinceBase(dispatch);
      long finished = clock.sinceBase(finish);
      finish = finished < dispatch ? NEVER : finished;
      boolean isPossible =
          start != NEVER
              && end >= start
              && receive != NEVER
              && receive <= start
              && hasDispatch == (dispatch != NEVER)
              && hasFinish == (finish != NEVER);
      end = Math.max(start, end);
      receive = receive == NEVER || receive > start ? start : receive;
      counts.impossibleTimes += isPossible ? 0 : 1;
      counts.joined += start == NEVER ? 0 : 1;
      return start != NEVER;
    }

    boolean isScheduled() {
      return dispatch != NEVER && finish != NEVER;
    }
  }

  /** One phase of a scheduler thread. */
  static final class Phase extends Row {
    /** Merge key: the latest end of the thread's phases so far. */
    long key;

    int thread;

    /** Null for a number unknown to the generation. */
    SchedPhaseKind kind;

    int loopIter;
    int tasksProcessed;
    int popHit;
    int popMiss;
    long depthsAtStart;
    long depthsAtEnd;

    /** Number of tasks that finished in it. */
    int finishes;

    /** Arrows that leave the phase, and arrows that arrive. */
    final List<Arrow> out = new ArrayList<>(0);

    final List<Arrow> in = new ArrayList<>(0);

    /** Returns the depth of a ready queue; {@code i} is 0 for AIC, 1 for AIV, 2 for both. */
    static short depth(long depths, int i) {
      return (short) (depths >>> (i * Short.SIZE));
    }

    /** Returns the task id, which newer generations store in place of the pop counters. */
    long taskId() {
      return (Integer.toUnsignedLong(popMiss) << 32) | Integer.toUnsignedLong(popHit);
    }

    boolean isDispatching() {
      return kind == SchedPhaseKind.DISPATCH
          || kind == SchedPhaseKind.EARLY_DISPATCH
          || kind == SchedPhaseKind.DRAIN_PUBLISH;
    }

    boolean isCompleting() {
      return kind == SchedPhaseKind.COMPLETE;
    }

    boolean isDummy() {
      return kind == SchedPhaseKind.DUMMY_TASK || kind == SchedPhaseKind.PREDICATED_SKIP;
    }

    /** Returns whether the depth of the ready queue at its end is drawn as a curve. */
    boolean hasQueueSample() {
      return kind == SchedPhaseKind.COMPLETE || kind == SchedPhaseKind.DISPATCH;
    }
  }

  /** One submission by an orchestrator thread. */
  static final class Submit extends Row {
    int lane;
    int index;
    long taskId;

    /** Whether a task or a dummy matches; if not, the orchestrator made an allocation. */
    boolean isClaimed;

    final List<Arrow> out = new ArrayList<>(0);
  }
}
