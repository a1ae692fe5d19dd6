package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.agent.ParkMeter;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.headroom.Headroom;
import dev.sluice.headroom.HeadroomMeter;
import dev.sluice.headroom.PoolSample;
import dev.sluice.headroom.PoolShape;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.output.capture.CaptureLoad;
import java.util.Optional;

/**
 * Feeds the counters of one run into its {@link HeadroomMeter}. Session owner only; any thread may
 * read the result.
 */
final class RunHeadroom {
  /** From this fill on, collectors wait for the stage: the next frame may not fit. */
  private static final double FULL = 0.9;

  private final ArenaPlan plan;
  private final DrainAgent[] drains;
  private final RefillAgent refill;
  private final CollectorAgent[] collectors;
  private final RunBooks books;
  private final RunCapture capture;
  private final ParkMeter parks;
  private final long beganNs;
  private final long idleBefore;
  private final HeadroomMeter meter;
  private final PoolSample sample = new PoolSample();
  private long lostBefore;
  private long heldBefore;
  private long slowNanos;

  RunHeadroom(RunSetup setup, RunEngine engine, RunBooks books) {
    this.plan = setup.plan();
    this.drains = engine.drains();
    this.refill = engine.refill();
    this.collectors = engine.collectors();
    this.books = books;
    this.capture = setup.capture();
    this.parks = setup.parks();
    this.beganNs = setup.clock().nanoTime();
    this.idleBefore = parks.idleNanos();
    this.meter = new HeadroomMeter(setup.settings().headroom(), shapes(plan), beganNs);
    this.lostBefore = capture.load().map(CaptureLoad::lostRecords).orElse(0L);
  }

  private static PoolShape[] shapes(ArenaPlan plan) {
    PoolShape[] shapes = new PoolShape[plan.poolCount()];
    int[] usableSlots = plan.usableSlots();
    for (int pool = 0; pool < shapes.length; pool++) {
      BufferKind kind = plan.kindOfPool(pool);
      boolean hasStash =
          kind == BufferKind.AICORE_TASK && plan.layout().facts().popsAicoreBeforePublishing();
      shapes[pool] =
          new PoolShape(
              kind.recordBytes(),
              plan.layout().buffer(kind).records(),
              usableSlots[pool],
              plan.quota(kind),
              hasStash ? 2 : 1);
    }
    return shapes;
  }

  /** Takes a sample; call right after reading the device's counters. */
  void sample(long nowNs) {
    long pauseNs = 0;
    for (DrainAgent drain : drains) {
      pauseNs = Math.max(pauseNs, drain.worstPause().get(0, 0));
      drain.worstPause().rotate();
    }
    meter.begin(nowNs, pauseNs);
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      sample.producedRecords = books.produced(pool);
      sample.exhaustedRecords = books.exhausted(pool);
      sample.lateRecords = books.late(pool);
      sample.fewestEntries = refill.fewestEntries().get(pool, PoolSample.NONE);
      sample.worstLatencyNanos = refill.lateness().get(pool, 0);
      sample.fewestAtHand = refill.atHand().get(pool, PoolSample.NONE);
      sample.shortestLapNanos = shortestLap(pool);
      meter.pool(pool, sample);
    }
    refill.lateness().rotate();
    refill.atHand().rotate();
    refill.fewestEntries().rotate();
    for (DrainAgent drain : drains) {
      drain.shortestLap().rotate();
    }
    long bytes = 0;
    long busyNs = 0;
    long heldNs = 0;
    for (CollectorAgent collector : collectors) {
      bytes += collector.counters().get(CollectorAgent.BYTES);
      busyNs += collector.counters().get(CollectorAgent.BUSY_NANOS);
      heldNs += collector.counters().get(CollectorAgent.HELD_NANOS);
    }
    Optional<CaptureLoad> load = capture.load();
    if (load.isEmpty() || load.get().fill() < FULL) {
      // The stage has room, so the collectors are slowed by their own work.
      slowNanos += heldNs - heldBefore;
    }
    heldBefore = heldNs;
    long drainNs = nowNs - beganNs - (parks.idleNanos() - idleBefore);
    meter.copying(bytes, busyNs + slowNanos, collectors.length, drainNs);
    load.ifPresent(this::addCapture);
    meter.end();
  }

  private long shortestLap(int pool) {
    long shortest = Long.MAX_VALUE;
    for (DrainAgent drain : drains) {
      shortest = Math.min(shortest, drain.shortestLap().get(pool, Long.MAX_VALUE));
    }
    return shortest == Long.MAX_VALUE ? PoolSample.NONE : shortest;
  }

  private void addCapture(CaptureLoad load) {
    meter.writing(
        load.recordBytes(), load.writingNanos(), load.fill(), load.lostRecords() != lostBefore);
    lostBefore = load.lostRecords();
  }

  /** Returns the headroom as of the last sample. Any thread. */
  Headroom headroom() {
    return meter.headroom();
  }
}
