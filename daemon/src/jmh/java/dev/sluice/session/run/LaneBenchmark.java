package dev.sluice.session.run;

import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.Platform;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.MappedMemory;
import dev.sluice.ingest.ContentChecks;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Cost of one buffer for each agent, in nanoseconds, with a played device on the same thread: 24
 * cores at level 2, so 48 buffers per invocation. No cache line comes from another CPU here; add
 * the machine's latency for that (printed by sluice bench). Run with {@code -prof gc} to see that
 * nothing is allocated.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@OperationsPerInvocation(LaneBenchmark.BUFFERS)
public class LaneBenchmark {
  static final int BUFFERS = 48;
  private static final int CORES = 24;
  private static final long DEVICE_BASE = 0x1000_0000L;

  @Param({"L2_2026_06", "CHIP_2026_08"})
  private Generation generation;

  /**
   * Number of DeviceMemory implementations that the JVM has seen: one placement, or all of them.
   */
  @Param({"1", "3"})
  private int memories;

  private PlayedDevice device;
  private Agent drain;
  private Agent refill;
  private Agent collector;

  /** Builds an engine of one drain, one refill and one collector. */
  @Setup
  public void build() throws Exception {
    if (memories > 1) {
      OtherPlacements.run();
    }
    Layout layout = Layout.of(generation, Platform.A2A3);
    ArenaPlan plan =
        ArenaPlan.of(new Geometry(layout, CORES, 1, 0, 2), new BufferCounts(0, 0, 0, 0), 1L << 30);
    DeviceMemory memory = new MappedMemory(ByteBuffer.allocateDirect(plan.totalBytes()));
    Run run =
        new Run(
            new RunSetup(
                plan,
                memory,
                DEVICE_BASE,
                0,
                Configuration.load(ConfigSources.of(Optional.empty(), List.of())).settings(),
                NanoClock.SYSTEM,
                new ParkMeter(),
                ContentChecks.none(),
                RunCapture.NONE));
    device = new PlayedDevice(memory, plan, DEVICE_BASE, 1);
    List<Agent> agents = run.agents();
    drain = agents.get(0);
    refill = agents.get(1);
    collector = agents.get(2);
  }

  /** Publishes one buffer of every pool. */
  @Setup(Level.Invocation)
  public void publish() {
    if (device.publishAll() != BUFFERS) {
      throw new IllegalStateException("a pool was left without buffers");
    }
  }

  /** Drains and refills what the invocation left. */
  @TearDown(Level.Invocation)
  public void finish() {
    for (int i = 0; i < 4; i++) {
      drain.doWork();
      refill.doWork();
      collector.doWork();
    }
  }

  /** From the ready queue to the handoff ring. */
  @Benchmark
  public int drain() {
    return drain.doWork();
  }

  /** Drain, then from hints to free queues. */
  @Benchmark
  public int drainAndRefill() {
    return drain.doWork() + refill.doWork();
  }

  /** The whole path: drain, refill, count and return. */
  @Benchmark
  public int wholePath() {
    int work = drain.doWork() + refill.doWork();
    for (int i = 0; i < 3; i++) {
      work += collector.doWork();
    }
    return work;
  }
}
