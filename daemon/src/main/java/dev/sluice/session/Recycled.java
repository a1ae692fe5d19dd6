package dev.sluice.session;

import dev.sluice.abi.BufferKind;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunTotals;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Records that the client's guard recycled unread while no daemon was running, by kind. The client
 * counts over the whole session; counts up to the last settlement belong to earlier runs. Session
 * owner only.
 */
final class Recycled {
  private final long[] told = new long[BufferKind.COUNT];
  private final long[] settled = new long[BufferKind.COUNT];
  // Set once the client has reported to this process; an earlier daemon cannot know of the last
  // gap.
  private boolean isKnown;

  /**
   * Updates the client's counts; ignores those lower than before.
   *
   * @param byKind untrusted: affects only how missing records are attributed
   * @param run the open runs; null if there are none
   */
  void tell(long[] byKind, Run run) {
    for (int kind = 0; kind < told.length; kind++) {
      told[kind] = Math.max(told[kind], byKind[kind]);
    }
    isKnown = true;
    if (run == null) {
      settle();
    } else {
      show(run);
    }
  }

  /** Applies the known counts to the books of a run that was taken over. */
  void show(Run run) {
    long[] ofRun = new long[told.length];
    Arrays.setAll(ofRun, kind -> told[kind] - settled[kind]);
    run.recycled(ofRun, isKnown);
  }

  /** The oldest run has ended: moves its share to the settled counts. */
  void settleFirst(RunTotals first) {
    for (int kind = 0; kind < settled.length; kind++) {
      settled[kind] += first.laws[kind].recycled();
    }
  }

  /** All runs have ended: settles everything reported so far. */
  void settle() {
    System.arraycopy(told, 0, settled, 0, told.length);
  }

  void write(DataOutput out) throws IOException {
    for (int kind = 0; kind < told.length; kind++) {
      out.writeLong(told[kind]);
      out.writeLong(settled[kind]);
    }
  }

  static Recycled read(DataInput in) throws IOException {
    Recycled recycled = new Recycled();
    for (int kind = 0; kind < recycled.told.length; kind++) {
      recycled.told[kind] = in.readLong();
      recycled.settled[kind] = in.readLong();
    }
    return recycled;
  }
}
