package dev.sluice.session;

import dev.sluice.abi.BufferKind;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunTotals;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * What the guard of a session's client has recycled unread while no daemon was there, in records by
 * kind. The client counts over the whole session, so what it said before an earlier run was settled
 * is not of the present one. Of the session's owner.
 */
final class Recycled {
  private final long[] told = new long[BufferKind.COUNT];
  private final long[] settled = new long[BufferKind.COUNT];
  // Since this process has the session: an earlier one cannot have heard of the last gap.
  private boolean isKnown;

  /**
   * The client says how much it is by now; less than it said before is no news.
   *
   * @param byKind untrusted: it changes what is said of missing records, and nothing else
   * @param run the runs that are open; null if there is none
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

  /** Brings the books of a run that was taken over in line with what is known. */
  void show(Run run) {
    long[] ofRun = new long[told.length];
    Arrays.setAll(ofRun, kind -> told[kind] - settled[kind]);
    run.recycled(ofRun, isKnown);
  }

  /** The oldest run is over. */
  void settleFirst(RunTotals first) {
    for (int kind = 0; kind < settled.length; kind++) {
      settled[kind] += first.laws[kind].recycled();
    }
  }

  /** All runs are over. */
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
