package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.bridge.ArenaLocks;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.Settings;
import dev.sluice.config.ThreadingMode;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Number of spinning threads, by available CPUs and competing load. */
class ThreadPackingTest {
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private static ThreadPacking packing(int cpus, String... settings) {
    return new ThreadPacking(
        TestSettings.with(settings),
        NanoClock.SYSTEM,
        (agent, failure, isGivenUp) -> {},
        () -> cpus);
  }

  private static boolean naps(int cpus, String... settings) {
    try (ThreadPacking packing = packing(cpus, settings)) {
      return packing.newCrew(TestSettings.with(settings), 0).naps();
    }
  }

  @Test
  void shouldSpinOnlyWhereTheWriterOfACaptureHasACpu() {
    String capture = "sluice.capture.enabled=true";
    assertEquals(true, naps(2, capture), "lane, writer and producer on two");
    assertEquals(false, naps(3, capture));
    assertEquals(true, naps(4, capture, "sluice.threading=dedicated"));
    assertEquals(false, naps(5, capture, "sluice.threading=dedicated"));
    assertEquals(false, naps(1, "sluice.capture.enabled=false"));
  }

  private static Agent named(String role) {
    return new Agent() {
      @Override
      public int doWork() {
        return 0;
      }

      @Override
      public String roleName() {
        return role;
      }
    };
  }

  private static SharedRegion region() throws IOException {
    return SharedRegion.create(
        "sluice-test", ArenaLocks.BYTES, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
  }

  /** Returns the held locks other than the session's, in ascending order. */
  private static List<Integer> held(ArenaLocks locks) {
    return IntStream.range(ArenaLocks.OWNER, ArenaLocks.THREADS + 5)
        .filter(locks::isMine)
        .boxed()
        .toList();
  }

  private static void awaitHeld(ArenaLocks locks, Integer... wanted) {
    long beganNs = System.nanoTime();
    while (!held(locks).equals(List.of(wanted)) && System.nanoTime() - beganNs < PATIENCE_NANOS) {
      Thread.onSpinWait();
    }
    assertEquals(List.of(wanted), held(locks));
  }

  @ParameterizedTest
  @CsvSource({"dedicated, 3", "shared, 1", "inline, 1"})
  void shouldHoldALockForEachThreadThatStepsAgents(String mode, int threads) throws IOException {
    try (ThreadPacking packing = packing(4, "sluice.threading=" + mode);
        SharedRegion region = region();
        ArenaLocks locks = ArenaLocks.create(region.fd(), 0)) {
      Settings settings = TestSettings.with("sluice.threading=" + mode);
      Integer[] wanted =
          IntStream.range(0, threads)
              .mapToObj(thread -> ArenaLocks.THREADS + thread)
              .toArray(Integer[]::new);
      for (int round = 0; round < 3; round++) {
        ThreadPacking.Crew crew = packing.newCrew(settings, 0);
        List<Agent> agents = List.of(named("drain"), named("refill"), named("collector"));
        crew.start("1", agents, nowNs -> Long.MAX_VALUE, locks);
        awaitHeld(locks, wanted);
        assertTrue(crew.stop(Long.MAX_VALUE));
        assertEquals(List.of(), held(locks));
        assertTrue(locks.isMine(ArenaLocks.SESSION));
      }
    }
  }

  /** The drain keeps its meter: with another one, intended sleep would count as a pause. */
  @ParameterizedTest
  @ValueSource(strings = {"dedicated", "shared", "inline"})
  void shouldKeepTheMeterOfARunThatContinues(String mode) {
    String[] settings = {"sluice.threading=" + mode, "sluice.drain.idle.max-park=1ms"};
    try (ThreadPacking packing = packing(4, settings)) {
      ThreadPacking.Crew crew = packing.newCrew(TestSettings.with(settings), 0);
      ParkMeter meter = crew.meter();
      List<Agent> agents = List.of(named("drain"), named("refill"), named("collector"));
      crew.start("1", agents, nowNs -> Long.MAX_VALUE, ArenaLocks.NONE);
      assertTrue(crew.stop(Long.MAX_VALUE));
      crew = packing.newCrew(crew);
      assertSame(meter, crew.meter());
      long idleNanos = meter.idleNanos();
      crew.start("1", agents, nowNs -> Long.MAX_VALUE, ArenaLocks.NONE);
      long beganNs = System.nanoTime();
      while (meter.idleNanos() == idleNanos && System.nanoTime() - beganNs < PATIENCE_NANOS) {
        Thread.onSpinWait();
      }
      assertTrue(meter.idleNanos() > idleNanos);
      assertTrue(crew.stop(Long.MAX_VALUE));
    }
  }

  /** A thread that holds locks of several arenas releases those of the session that ends. */
  @Test
  void shouldHandALockOverWhileTheThreadGoesOnWithOtherSessions() throws IOException {
    try (ThreadPacking packing = packing(4, "sluice.threading=inline");
        SharedRegion one = region();
        SharedRegion two = region();
        ArenaLocks ofOne = ArenaLocks.create(one.fd(), 0);
        ArenaLocks ofTwo = ArenaLocks.create(two.fd(), 0)) {
      Settings settings = TestSettings.with("sluice.threading=inline");
      ThreadPacking.Crew first = packing.newCrew(settings, 0);
      ThreadPacking.Crew second = packing.newCrew(settings, 1);
      first.start("1", List.of(named("drain")), nowNs -> Long.MAX_VALUE, ofOne);
      second.start("2", List.of(named("drain")), nowNs -> Long.MAX_VALUE, ofTwo);
      awaitHeld(ofOne, ArenaLocks.THREADS);
      awaitHeld(ofTwo, ArenaLocks.THREADS);
      assertTrue(first.stop(Long.MAX_VALUE));
      assertEquals(List.of(), held(ofOne));
      assertEquals(List.of(ArenaLocks.THREADS), held(ofTwo));
      ofOne.take(ArenaLocks.OWNER); // the thread that settles
      assertEquals(List.of(ArenaLocks.OWNER), held(ofOne));
      ofOne.give(ArenaLocks.OWNER);
      assertTrue(second.stop(Long.MAX_VALUE));
      assertEquals(List.of(), held(ofTwo));
    }
  }

  @Test
  void shouldCountTheSessionsThatAreThere() {
    try (ThreadPacking packing = packing(4, "sluice.capture.enabled=true")) {
      Settings settings = TestSettings.with("sluice.capture.enabled=true");
      ThreadPacking.Crew first = packing.newCrew(settings, 0);
      assertEquals(ThreadingMode.SHARED, first.mode());
      assertEquals(false, first.naps());
      assertEquals(true, packing.newCrew(settings, 0).naps());
      first.stop(1_000_000_000);
    }
  }
}
