package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.FakeDaemon;
import dev.sluice.tool.FakeProducer;
import dev.sluice.tool.Json;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.ToolException;
import org.junit.jupiter.api.Test;

class LoadWorkloadsTest {
  @Test
  void shouldCallARunCleanThatLostNothingAndHardlyWaited() throws ToolException {
    assertTrue(LoadWorkloads.outcome(run(0, 0, 0.019)).isClean());
  }

  @Test
  void shouldNotCallARunCleanThatDroppedOrWaited() throws ToolException {
    assertFalse(LoadWorkloads.outcome(run(1, 0, 0)).isClean());
    assertFalse(LoadWorkloads.outcome(run(0, 1, 0)).isClean());
    assertFalse(LoadWorkloads.outcome(run(0, 0, 0.02)).isClean());
  }

  @Test
  void shouldTellWhatWasOfferedFromWhatArrived() throws ToolException {
    CleanRateSearch.Outcome outcome = LoadWorkloads.outcome(run(500, 0, 0));
    assertEquals(16_000, outcome.offeredBytesPerSecond());
    assertEquals(8_000, outcome.collectedBytesPerSecond());
  }

  /** Returns a run of one thread for two seconds with 1000 records of 32 bytes. */
  private static RunReport run(long dropped, long unaccounted, double stallSeconds)
      throws ToolException {
    return new RunReport(
        SessionReport.read(FakeDaemon.session("a", 1000, dropped, unaccounted)),
        Json.parse(FakeProducer.report(1000, stallSeconds), "the producer"),
        0.1,
        1);
  }
}
