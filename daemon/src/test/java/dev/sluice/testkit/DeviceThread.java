package dev.sluice.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One AICPU thread of a {@link ScriptedDevice}: a program of single stores, so that a test can run
 * the host, or let the device die, between any two of them.
 */
final class DeviceThread {
  /** One store, or one check of a condition. */
  interface Step {
    /** Returns false if the thread must wait and retry the step. */
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

  /** Returns the ready queue that only this thread writes. */
  int queue() {
    return queue;
  }

  /** Appends to the end of the program. */
  void append(Step step) {
    program.addLast(step);
  }

  /** Inserts after the running step and its earlier insertions. Called only from a step. */
  void then(Step step) {
    inserted.add(step);
  }

  /** Inserts a step that never waits. */
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

  /** Runs the next step; returns false if there is no step or it waits. */
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

  /** Returns whether the current wait has lasted this long; the first call starts the wait. */
  boolean hasWaited(long nowNs, long nanos) {
    if (waitingSinceNs < 0) {
      waitingSinceNs = nowNs;
    }
    return nowNs - waitingSinceNs >= nanos;
  }

  /** Returns whether to raise the contended flag: once per wait. */
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
