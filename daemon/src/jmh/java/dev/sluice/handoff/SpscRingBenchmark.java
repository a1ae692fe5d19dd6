package dev.sluice.handoff;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/** Cost of handing one number over, on one thread and between two. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SpscRingBenchmark {
  /** A ring with one entry per buffer of an arena of 24 cores. */
  @State(Scope.Group)
  public static class Ring {
    final SpscRing ring = new SpscRing(512);
  }

  /** Same for a single thread. */
  @State(Scope.Thread)
  public static class OwnRing {
    final SpscRing ring = new SpscRing(512);
  }

  /** Both ends on one thread, as in the shared threading mode. */
  @Benchmark
  public long offerAndPoll(OwnRing own) {
    own.ring.offer(1);
    return own.ring.poll();
  }

  /** Producer of the pair. */
  @Benchmark
  @Group("twoThreads")
  @GroupThreads(1)
  public boolean offer(Ring shared, Control control) {
    while (!shared.ring.offer(1) && !control.stopMeasurement) {
      Thread.onSpinWait();
    }
    return true;
  }

  /** Consumer of the pair; stops when the producer has ended its iteration. */
  @Benchmark
  @Group("twoThreads")
  @GroupThreads(1)
  public long poll(Ring shared, Control control) {
    long value = shared.ring.poll();
    while (value == SpscRing.EMPTY && !control.stopMeasurement) {
      Thread.onSpinWait();
      value = shared.ring.poll();
    }
    return value;
  }
}
