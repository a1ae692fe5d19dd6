package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.CaptureSettings;
import dev.sluice.config.Placement;
import dev.sluice.testkit.TestSettings;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatienceOfClientTest {
  /** A client can shorten the wait for a stalled disk, but not lengthen it. */
  @ParameterizedTest
  @CsvSource({"0, 5000", "500, 250", "9999, 4999", "20000, 5000"})
  void shouldGiveASilentDiskUpBeforeTheRuntimeFails(int patienceMs, long limitMs) {
    CaptureSettings configured = TestSettings.with("sluice.capture.stall-limit=5s").capture();
    SessionRequest request =
        new SessionRequest(
            0,
            "simpler",
            new Geometry(Layout.parse("chip-2026.08/a2a3"), 24, 3, 1, 4),
            LayoutOverrides.NONE,
            new BufferCounts(0, 0, 0, 0),
            Optional.empty(),
            Set.of(Placement.SIM),
            0,
            patienceMs);
    assertEquals(limitMs, request.capture(configured).stallLimitNanos() / 1_000_000);
  }
}
