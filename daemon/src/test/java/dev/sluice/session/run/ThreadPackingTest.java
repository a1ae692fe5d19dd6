package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.agent.NanoClock;
import dev.sluice.config.Settings;
import dev.sluice.config.ThreadingMode;
import dev.sluice.testkit.TestSettings;
import org.junit.jupiter.api.Test;

/** How many threads spin, by the CPUs that there are and what else wants them. */
class ThreadPackingTest {
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
