package dev.sluice.headroom;

import static dev.sluice.headroom.Ceiling.BANDWIDTH;
import static dev.sluice.headroom.Ceiling.BUFFER_LIFECYCLE;
import static dev.sluice.headroom.Ceiling.CONTROL_PATH;
import static dev.sluice.headroom.Ceiling.STORAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.HeadroomSettings;
import org.junit.jupiter.api.Test;

/** The formulas, with numbers that are easy to verify by hand. */
class HeadroomMeterTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000_000_000;
  private static final double EXACT = 1e-9;

  /** 32-byte records, 1000 per buffer, 4 slots, 8 buffers, one of them held by the device. */
  private static final PoolShape SHAPE = new PoolShape(32, 1000, 4, 8, 1);

  private final HeadroomMeter meter =
      new HeadroomMeter(
          new HeadroomSettings(16 * SECOND), new PoolShape[] {SHAPE, SHAPE}, 5 * SECOND);
  private final PoolSample[] samples = {idle(), idle()};
  private long nowNs = 5 * SECOND;
  private long pauseNs;
  private long copiedBytes;
  private long copyingNs;
  private long drainingNs;
  private long writtenBytes;
  private long writingNs;
  private double fill;
  private boolean isLosing;

  private static PoolSample idle() {
    PoolSample sample = new PoolSample();
    sample.shortestLapNanos = PoolSample.NONE;
    sample.fewestAtHand = PoolSample.NONE;
    sample.fewestEntries = PoolSample.NONE;
    return sample;
  }

  private Headroom after(long nanos) {
    nowNs += nanos;
    meter.begin(nowNs, pauseNs);
    for (int pool = 0; pool < samples.length; pool++) {
      meter.pool(pool, samples[pool]);
    }
    meter.copying(copiedBytes, copyingNs, 1, drainingNs);
    meter.writing(writtenBytes, writingNs, fill, isLosing);
    return meter.end();
  }

  private void calm() {
    for (PoolSample sample : samples) {
      sample.shortestLapNanos = PoolSample.NONE;
      sample.worstLatencyNanos = 0;
      sample.fewestAtHand = PoolSample.NONE;
      sample.fewestEntries = PoolSample.NONE;
    }
    pauseNs = 0;
    fill = 0;
    isLosing = false;
  }

  @Test
  void shouldBeZeroWhenIdle() {
    for (int i = 0; i < 100; i++) {
      // A thread that oversleeps while no device produces is harmless.
      pauseNs = 5 * MS;
      Headroom headroom = after(100 * MS);
      for (Ceiling ceiling : Ceiling.ALL) {
        assertEquals(0, headroom.ratio(ceiling), ceiling.label());
        assertEquals(0, headroom.worst(ceiling), ceiling.label());
      }
    }
  }

  @Test
  void shouldSetTheWorstLatencyAgainstWhatTheSlotsLast() {
    // 200 buffers in 100 ms: four slots last 2 ms.
    samples[1].producedRecords = 200_000;
    samples[1].worstLatencyNanos = MS / 2;
    assertEquals(0.25, after(100 * MS).ratio(CONTROL_PATH), EXACT);
    samples[1].producedRecords = 400_000;
    samples[1].worstLatencyNanos = 3 * MS / 2;
    assertEquals(0.75, after(100 * MS).ratio(CONTROL_PATH), EXACT, "the worst one counts");
  }

  @Test
  void shouldTakeAPauseOfTheDrainForALatency() {
    samples[0].producedRecords = 200_000;
    samples[0].worstLatencyNanos = MS / 10;
    pauseNs = MS;
    assertEquals(0.5, after(100 * MS).ratio(CONTROL_PATH), EXACT);
  }

  @Test
  void shouldNotSetTheRateOfOneMomentAgainstThePauseOfAnother() {
    samples[0].producedRecords = 200_000;
    samples[0].worstLatencyNanos = MS / 10;
    after(100 * MS);
    calm();
    after(100 * MS);
    pauseNs = 50 * MS;
    assertEquals(0.05, after(100 * MS).ratio(CONTROL_PATH), EXACT, "no device produced by then");
  }

  @Test
  void shouldBelieveTheFreeQueueMoreThanAPauseThatHitNobody() {
    samples[0].producedRecords = 200_000;
    pauseNs = 50 * MS;
    samples[0].fewestEntries = 4;
    assertEquals(0.25, after(100 * MS).ratio(CONTROL_PATH), EXACT, "one buffer at most");
    samples[0].producedRecords = 400_000;
    samples[0].fewestEntries = 2;
    assertEquals(0.75, after(100 * MS).ratio(CONTROL_PATH), EXACT, "two, and a third begun");
  }

  @Test
  void shouldNotPassTheCeilingWhileNothingIsLost() {
    samples[0].producedRecords = 200_000;
    samples[0].worstLatencyNanos = 50 * MS;
    samples[0].fewestEntries = 0;
    assertEquals(1, after(100 * MS).ratio(CONTROL_PATH), EXACT);
  }

  @Test
  void shouldSayByHowMuchTheCeilingWasPassedOnceTheHostsLatenessLostRecords() {
    samples[0].producedRecords = 200_000;
    samples[0].worstLatencyNanos = 3 * MS;
    samples[0].fewestEntries = 0;
    samples[0].lateRecords = 2_000;
    assertEquals(1.5, after(100 * MS).ratio(CONTROL_PATH), EXACT, "half of four buffers");
    calm();
    after(100 * MS);
    assertEquals(1.5, meter.headroom().ratio(CONTROL_PATH), EXACT, "for as long as the window");
    samples[1].lateRecords = 500;
    assertEquals(1.5, after(100 * MS).ratio(CONTROL_PATH), EXACT, "the worst pool counts");
    samples[0].lateRecords = 4_000;
    assertEquals(2, after(100 * MS).ratio(CONTROL_PATH), EXACT, "all of the window");
    for (int i = 0; i < 180; i++) {
      after(100 * MS);
    }
    assertEquals(0, meter.headroom().ratio(CONTROL_PATH), EXACT);
    assertEquals(2, meter.headroom().worst(CONTROL_PATH), EXACT);
  }

  @Test
  void shouldLeaveLossForWantOfBuffersToTheBufferLifecycle() {
    samples[0].producedRecords = 200_000;
    samples[0].worstLatencyNanos = MS / 10;
    samples[0].fewestEntries = 0;
    samples[0].fewestAtHand = 0;
    samples[0].exhaustedRecords = 7_000;
    Headroom headroom = after(100 * MS);
    assertEquals(0.05, headroom.ratio(CONTROL_PATH), EXACT);
    assertEquals(2, headroom.ratio(BUFFER_LIFECYCLE), EXACT);
  }

  @Test
  void shouldSeeBurstsThatAreShorterThanASample() {
    samples[0].producedRecords = 8_000;
    samples[0].shortestLapNanos = 400_000;
    samples[0].worstLatencyNanos = 200_000;
    assertEquals(0.5, after(100 * MS).ratio(CONTROL_PATH), EXACT);
  }

  @Test
  void shouldNotMixTheRateOfOnePoolWithTheLatencyOfAnother() {
    samples[0].producedRecords = 200_000;
    samples[0].worstLatencyNanos = MS / 10;
    samples[1].producedRecords = 100;
    samples[1].worstLatencyNanos = 10 * MS;
    assertEquals(0.05, after(100 * MS).ratio(CONTROL_PATH), EXACT);
  }

  @Test
  void shouldCountWhatABurstNeededAgainstWhatThePoolHas() {
    samples[0].fewestAtHand = 7;
    assertEquals(0, after(100 * MS).ratio(BUFFER_LIFECYCLE), EXACT);
    samples[0].fewestAtHand = 3;
    assertEquals(4.0 / 7, after(100 * MS).ratio(BUFFER_LIFECYCLE), EXACT);
    samples[0].fewestAtHand = 0;
    assertEquals(1, after(100 * MS).ratio(BUFFER_LIFECYCLE), EXACT);
    samples[0].exhaustedRecords = 14_000;
    assertEquals(3, after(100 * MS).ratio(BUFFER_LIFECYCLE), EXACT, "14 buffers more than 7");
  }

  /** Returns the ratio for 32 MB offered in each 100 ms, after two seconds. */
  private double bandwidth(long copied, long copyingMs, long drainingMs) {
    for (long i = 1; i <= 20; i++) {
      samples[0].producedRecords = i * 1_000_000;
      copiedBytes = i * copied;
      copyingNs = i * copyingMs * MS;
      drainingNs = i * drainingMs * MS;
      after(100 * MS);
    }
    return meter.headroom().ratio(BANDWIDTH);
  }

  @Test
  void shouldSetTheOfferedRateAgainstWhatCollectorsCanCopy() {
    assertEquals(4.0 / 3, bandwidth(24_000_000, 100, 0), EXACT);
  }

  @Test
  void shouldSetTheOfferedRateAgainstWhatTheThreadOfTheDrainCanCopy() {
    assertEquals(0.8, bandwidth(32_000_000, 30, 80), EXACT);
  }

  @Test
  void shouldNotTakeABurstForABandwidth() {
    for (long i = 1; i <= 20; i++) {
      if (i % 10 == 0) {
        samples[0].producedRecords += 1_000_000;
      }
      // The collectors are busy for 200 of 1000 ms.
      copiedBytes = i * 3_200_000;
      copyingNs = i * 20 * MS;
      after(100 * MS);
    }
    assertEquals(0.2, meter.headroom().ratio(BANDWIDTH), EXACT);
  }

  /**
   * Writes {@code bytes} of 32 MB offered per 100 ms, for two seconds, with the stage 25 % full.
   */
  private void capture(long bytes, long nanos) {
    fill = 0.25;
    for (long i = 1; i <= 20; i++) {
      samples[0].producedRecords = i * 1_000_000;
      writtenBytes = i * bytes;
      writingNs = i * nanos;
      after(100 * MS);
    }
  }

  @Test
  void shouldTakeTheNearestOfRateStageAndLossForTheStorage() {
    capture(32_000_000, 50 * MS);
    assertEquals(0.5, meter.headroom().ratio(STORAGE), EXACT, "it wrote half of the time");
    fill = 0.75;
    assertEquals(0.75, after(100 * MS).ratio(STORAGE), EXACT);
    isLosing = true;
    assertEquals(1, after(100 * MS).ratio(STORAGE), EXACT);
  }

  /** Happens when the writer waits for a CPU, on tmpfs, too. */
  @Test
  void shouldNotReachTheStorageWhileTheStageHasRoom() {
    capture(16_000_000, 75 * MS);
    double near = meter.headroom().ratio(STORAGE);
    assertTrue(near > 0.89 && near < Headroom.REACHED, "behind, and no collector waits: " + near);
    fill = 0.9;
    assertEquals(1.5, after(100 * MS).ratio(STORAGE), 0.1, "the stage is full");
  }

  @Test
  void shouldForgetAfterTheWindowAndKeepTheWorstForAMinute() {
    samples[0].producedRecords = 200_000;
    samples[0].worstLatencyNanos = MS;
    after(100 * MS);
    calm();
    for (int i = 0; i < 159; i++) {
      after(100 * MS);
    }
    assertEquals(0.5, meter.headroom().ratio(CONTROL_PATH), EXACT, "within the window");
    for (int i = 0; i < 30; i++) {
      after(100 * MS);
    }
    assertEquals(0, meter.headroom().ratio(CONTROL_PATH), EXACT);
    assertEquals(0.5, meter.headroom().worst(CONTROL_PATH), EXACT);
    for (int i = 0; i < 700; i++) {
      after(100 * MS);
    }
    assertEquals(0, meter.headroom().worst(CONTROL_PATH), EXACT);
  }

  @Test
  void shouldStaySaneWhenTheClockOrACounterStands() {
    samples[0].producedRecords = 1_000;
    samples[0].shortestLapNanos = 0;
    after(0);
    samples[0].producedRecords = 10;
    Headroom headroom = after(0);
    for (Ceiling ceiling : Ceiling.ALL) {
      assertTrue(Double.isFinite(headroom.ratio(ceiling)), ceiling.label());
      assertTrue(headroom.ratio(ceiling) >= 0, ceiling.label());
    }
  }

  @Test
  void shouldTakeTheNearerOfTwoSessions() {
    Headroom one = new Headroom(new double[] {1, 0, 0, 0.5}, new double[] {2, 0, 0, 0.5});
    Headroom other = new Headroom(new double[] {0, 0.5, 0, 0.25}, new double[] {0, 3, 0, 0.25});
    Headroom both = one.nearerOf(other);
    assertEquals(1, both.ratio(CONTROL_PATH));
    assertEquals(0.5, both.ratio(STORAGE));
    assertEquals(3, both.worst(BUFFER_LIFECYCLE));
    assertEquals(BUFFER_LIFECYCLE, both.nearest());
    assertEquals(0, both.ended().ratio(CONTROL_PATH));
    assertEquals(2, both.ended().worst(CONTROL_PATH));
  }
}
