package dev.sluice.session.run;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.device.BufferState;
import dev.sluice.ingest.AccountingLaw;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All counts of one or several runs at one moment, plus the lane state of runs under way. Not
 * modified once published. Sums of these make the totals of sessions and devices: counts and
 * entries add up, watermarks take the worst.
 */
public final class RunTotals {
  public final AccountingLaw[] laws = new AccountingLaw[BufferKind.COUNT];
  public final long[][] drops = new long[BufferKind.COUNT][DropCause.ALL.size()];
  public final long[] violations = new long[AbiViolation.ALL.size()];
  public long pushStalls;
  public long pushStallNanos;
  public long popStalls;
  public long popStallNanos;

  /** Longest time that a free queue was empty, over all runs. */
  public long longestEmptyNanos;

  /** Tasks that ended, by core type; counted while a capture is written. */
  public final long[] tasks = new long[Geometry.CORE_TYPES.size()];

  /** Time that cores ran tasks, by core type; counted while a capture is written. */
  public final long[] busyNanos = new long[Geometry.CORE_TYPES.size()];

  public long syntheticVerified;
  public long syntheticMismatched;

  /** Latencies of the finished runs. */
  public RunLatencies latencies = RunLatencies.NONE;

  /** What contradicts the declared layout, in brief; empty if nothing does. */
  public String contradiction = "";

  /** Ready queues of runs under way, by number. */
  public final Map<Integer, ReadyQueue> readyQueues = new TreeMap<>();

  /** Target fill of a free queue by kind, in entries; 0 without a run under way. */
  public final long[] freeCapacity = new long[BufferKind.COUNT];

  /** Buffers of runs under way, by kind and state. */
  public final long[][] buffers = new long[BufferKind.COUNT][BufferState.ALL.size()];

  public long handoffEntries;
  public long handoffCapacity;
  private final long[] freeMin = new long[BufferKind.COUNT];

  /** One ready queue, in entries. */
  public record ReadyQueue(long entries, long capacity, long highest) {
    private ReadyQueue plus(ReadyQueue other) {
      return new ReadyQueue(
          entries + other.entries, capacity + other.capacity, Math.max(highest, other.highest));
    }
  }

  public RunTotals() {
    Arrays.fill(laws, AccountingLaw.ZERO);
    Arrays.fill(freeMin, Long.MAX_VALUE);
  }

  public RunTotals plus(RunTotals other) {
    RunTotals sum = new RunTotals();
    sum.add(this);
    sum.add(other);
    return sum;
  }

  /** Returns the counts of a run that is over, without lane state. */
  public RunTotals ended() {
    RunTotals counts = new RunTotals();
    counts.addCounts(this);
    return counts;
  }

  /**
   * Whether latencies are included: only for runs that ended alone or last among overlapping ones.
   */
  public boolean hasLatencies() {
    return latencies != RunLatencies.NONE;
  }

  /** Adds latencies; not allowed on totals that other threads can see. */
  public void add(RunLatencies more) {
    latencies = latencies.plus(more);
  }

  private void add(RunTotals other) {
    addCounts(other);
    other.readyQueues.forEach(
        (number, queue) -> readyQueues.merge(number, queue, ReadyQueue::plus));
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      noteFree(kind, other.freeMin[kind], other.freeCapacity[kind]);
      for (int state = 0; state < buffers[kind].length; state++) {
        buffers[kind][state] += other.buffers[kind][state];
      }
    }
    handoffEntries += other.handoffEntries;
    handoffCapacity += other.handoffCapacity;
  }

  void noteFree(int kind, long least, long capacity) {
    freeMin[kind] = Math.min(freeMin[kind], least);
    freeCapacity[kind] = Math.max(freeCapacity[kind], capacity);
  }

  private void addCounts(RunTotals other) {
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      laws[kind] = laws[kind].plus(other.laws[kind]);
      for (int cause = 0; cause < drops[kind].length; cause++) {
        drops[kind][cause] += other.drops[kind][cause];
      }
    }
    addAgentCounts(other, 1);
    longestEmptyNanos = Math.max(longestEmptyNanos, other.longestEmptyNanos);
    add(other.latencies);
    contradiction = contradiction.isEmpty() ? other.contradiction : contradiction;
  }

  /** Adds {@code times} times the counts that agents keep across overlapping runs. */
  void addAgentCounts(RunTotals other, int times) {
    for (int violation = 0; violation < violations.length; violation++) {
      violations[violation] += times * other.violations[violation];
    }
    for (int type = 0; type < tasks.length; type++) {
      tasks[type] += times * other.tasks[type];
      busyNanos[type] += times * other.busyNanos[type];
    }
    pushStalls += times * other.pushStalls;
    pushStallNanos += times * other.pushStallNanos;
    popStalls += times * other.popStalls;
    popStallNanos += times * other.popStallNanos;
    syntheticVerified += times * other.syntheticVerified;
    syntheticMismatched += times * other.syntheticMismatched;
  }

  /** Writes the counts, without lane state and latencies, for {@link #read}. */
  public void write(DataOutput out) throws IOException {
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      laws[kind].write(out);
      write(drops[kind], out);
    }
    write(violations, out);
    write(tasks, out);
    write(busyNanos, out);
    write(
        new long[] {
          pushStalls,
          pushStallNanos,
          popStalls,
          popStallNanos,
          syntheticVerified,
          syntheticMismatched
        },
        out);
    out.writeUTF(contradiction);
  }

  private static void write(long[] counts, DataOutput out) throws IOException {
    for (long count : counts) {
      out.writeLong(count);
    }
  }

  public static RunTotals read(DataInput in) throws IOException {
    RunTotals totals = new RunTotals();
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      totals.laws[kind] = AccountingLaw.read(in);
      read(totals.drops[kind], in);
    }
    read(totals.violations, in);
    read(totals.tasks, in);
    read(totals.busyNanos, in);
    totals.pushStalls = in.readLong();
    totals.pushStallNanos = in.readLong();
    totals.popStalls = in.readLong();
    totals.popStallNanos = in.readLong();
    totals.syntheticVerified = in.readLong();
    totals.syntheticMismatched = in.readLong();
    totals.contradiction = in.readUTF();
    return totals;
  }

  private static void read(long[] counts, DataInput in) throws IOException {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = in.readLong();
    }
  }

  /** Returns the kinds that every device has, and others that are attached or were counted. */
  public List<BufferKind> kinds() {
    return BufferKind.ALL.stream()
        .filter(
            kind ->
                kind.isTimed()
                    || laws[kind.ordinal()].produced() != 0
                    || Arrays.stream(buffers[kind.ordinal()]).sum() != 0)
        .toList();
  }

  /** Returns the law summed over all kinds. */
  public AccountingLaw law() {
    AccountingLaw sum = AccountingLaw.ZERO;
    for (AccountingLaw law : laws) {
      sum = sum.plus(law);
    }
    return sum;
  }

  /** Returns the lowest fill of any free queue of a kind in the watermark window, in entries. */
  public long freeMin(BufferKind kind) {
    long least = freeMin[kind.ordinal()];
    return least == Long.MAX_VALUE ? 0 : least;
  }

  /** Returns the bytes of collected records of one kind. */
  public long collectedBytes(BufferKind kind) {
    return laws[kind.ordinal()].collected() * kind.recordBytes();
  }
}
