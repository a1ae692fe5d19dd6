package dev.sluice.ingest;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.counters.CounterArray;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.OpenRuns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Compares synthetic records bit by bit with their expected contents: all of them, or a sample of
 * each buffer. Makes one sink per collector and sums their results.
 */
public final class ContentChecks {
  // Samples per buffer: first, last, and some in between. The first and last lines are free;
  // reading the whole buffer takes the producer's cache lines away.
  private static final int SAMPLES = 4;
  private static final int VERIFIED = 0;
  private static final int MISMATCHED = 1;

  private final SyntheticContent content;
  private final int pools;
  private final boolean isSampling;
  private final List<CounterArray> counters = new ArrayList<>();

  private ContentChecks(SyntheticContent content, int pools, boolean isSampling) {
    this.content = content;
    this.pools = pools;
    this.isSampling = isSampling;
  }

  /** Checks nothing: contents are real, or checks are off. */
  public static ContentChecks none() {
    return new ContentChecks(null, 0, false);
  }

  /** Checks every record. */
  public static ContentChecks ofAll(SyntheticContent content, int pools) {
    return new ContentChecks(content, pools, false);
  }

  /** Checks a few records of each buffer. */
  public static ContentChecks ofSome(SyntheticContent content, int pools) {
    return new ContentChecks(content, pools, true);
  }

  /** Returns a sink for one collector; call before the agents run. */
  public LeaseSink newSink() {
    if (content == null) {
      return LeaseSink.COUNT_ONLY;
    }
    CounterArray own = new CounterArray(2);
    counters.add(own);
    return new Check(own);
  }

  /** Returns the number of compared records. Any thread. */
  public long verified() {
    return sum(VERIFIED);
  }

  /** Returns the number of records that differed from the expected ones. Any thread. */
  public long mismatched() {
    return sum(MISMATCHED);
  }

  private long sum(int counter) {
    long sum = 0;
    for (CounterArray own : counters) {
      sum += own.get(counter);
    }
    return sum;
  }

  private final class Check implements LeaseSink {
    private final CounterArray counter;
    // By run, since indices restart with each.
    private final long[][] nextIndex = new long[OpenRuns.MAX][pools];
    private final long[] epochs = new long[OpenRuns.MAX];

    Check(CounterArray counter) {
      this.counter = counter;
    }

    @Override
    public boolean accept(Lease lease, AcceptedRecords records) {
      if (epochs[lease.run()] != lease.runEpoch()) {
        epochs[lease.run()] = lease.runEpoch();
        Arrays.fill(nextIndex[lease.run()], 0);
      }
      int slots = records.slots();
      int step = isSampling ? Math.max(1, (slots - 1) / (SAMPLES - 1)) : 1;
      int verified = 0;
      int mismatched = 0;
      for (int slot = 0; slot < slots; slot += step) {
        if (records.isAccepted(slot)) {
          verified++;
          mismatched += check(lease, slot) ? 0 : 1;
        }
      }
      counter.add(VERIFIED, verified);
      counter.add(MISMATCHED, mismatched);
      return true;
    }

    @Override
    public boolean isReader() {
      return !isSampling;
    }

    private boolean check(Lease lease, int slot) {
      BufferKind kind = lease.kind();
      int at = lease.offset() + slot * kind.recordBytes();
      long seen = content.indexIn(kind, lease.memory(), at);
      // The record holds the low bits only; the rest follows from the previous, older record.
      long[] next = nextIndex[lease.run()];
      long expected = next[lease.pool()];
      long mask = (1L << SyntheticContent.indexBits(kind)) - 1;
      long index = expected + (seen - expected & mask);
      if (!content.matches(kind, lease.memory(), at, lease.instance(), index)) {
        return false;
      }
      next[lease.pool()] = index + 1;
      return true;
    }
  }
}
