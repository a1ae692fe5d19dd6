package dev.sluice.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One AICPU thread of a {@link ScriptedDevice}: a program of single stores, so that a test can put
 * the host between any two of them, or let the device die there.
 */
final class DeviceThread {
  /** One store, or one look at a condition. */
  interface Step {
    /** Returns false to be asked again later: the thread waits. */
    boolean run();
  }

  private final int queue;
  private final Deque<Step> program = new ArrayDeque<>();
  private final List<Step> inserted = new ArrayList<>();
  private long waitingSinceNs = -1;
  private boolean hasRaisedContended;

  DeviceThread(int queue) {
    this.queue = queue;
  }

  /** The ready queue that this thread alone writes. */
  int queue() {
    return queue;
  }

  /** Adds to the end of the program. */
  void append(Step step) {
    program.addLast(step);
  }

  /** Adds behind the running step, after what it added so far. Called by a step only. */
  void then(Step step) {
    inserted.add(step);
  }

  /** Adds a step that never waits. */
  void then(Runnable action) {
    inserted.add(
        () -> {
          action.run();
          return true;
        });
  }

  boolean isIdle() {
    return program.isEmpty();
  }

  /** Runs the next step; false if there is none or it waits. */
  boolean step() {
    Step next = program.peekFirst();
    if (next == null) {
      return false;
    }
    inserted.clear();
    if (!next.run()) {
      return false;
    }
    program.removeFirst();
    for (int i = inserted.size() - 1; i >= 0; i--) {
      program.addFirst(inserted.get(i));
    }
    return true;
  }

  /** Whether the present wait has taken this long; the first call begins it. */
  boolean hasWaited(long nowNs, long nanos) {
    if (waitingSinceNs < 0) {
      waitingSinceNs = nowNs;
    }
    return nowNs - waitingSinceNs >= nanos;
  }

  /** Whether the contended flag has to be raised: once per wait. */
  boolean raisesContended() {
    boolean raises = !hasRaisedContended;
    hasRaisedContended = true;
    return raises;
  }

  void endWait() {
    waitingSinceNs = -1;
    hasRaisedContended = false;
  }
}
