package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.Capture;
import dev.sluice.output.capture.CaptureRig;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The writer makes no progress for five seconds: stage and pool absorb what fits, then the device's
 * own policy applies, and the books show the result.
 */
class CaptureBackpressureTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int TASKS = 4_000;
  // Less than the tasks below fill.
  private static final int STAGE_BYTES = 4 << 10;

  @TempDir private Path folder;

  @Test
  void shouldLoseNothingWhereTheDeviceWaits() {
    Scene run = new Scene(Generation.CHIP_2026_08);
    run.produceBehindABlockedWriter();
    assertTrue(!run.engine.device.isIdle(), "the device waits for room");
    run.letTheWriterGoOn();
    run.assertLaws();
    AccountingLaw law = run.engine.run.count().law();
    assertEquals(0, law.dropped() + law.inferred());
    assertEquals(law.produced(), law.collected());
  }

  @Test
  void shouldLetADeviceThatDoesNotWaitDropAndSaySo() {
    Scene run = new Scene(Generation.L2_2026_06);
    run.produceBehindABlockedWriter();
    run.letTheWriterGoOn();
    run.assertLaws();
    AccountingLaw law = run.engine.run.count().law();
    assertTrue(law.dropped() > 0, "the pool was too small for five seconds");
    assertEquals(law.produced(), law.collected() + law.dropped() + law.inferred());
  }

  private final class Scene {
    private final Capture capture;
    private final EngineRun engine;

    Scene(Generation generation) {
      TestArena arena = TestArena.small(generation, 3, 2, 2);
      capture = CaptureRig.captureFor(arena.plan().geometry(), folder, STAGE_BYTES);
      engine = new EngineRun(arena, TestSettings.with(), RunCapture.of(capture));
      capture.beginRun();
      engine.device.launch();
    }

    void produceBehindABlockedWriter() {
      for (int i = 0; i < TASKS; i++) {
        engine.device.task(i % 3);
      }
      for (long ns = 0; ns < 5 * SECOND; ns += SECOND / 1000) {
        engine.device.runUntilBlocked();
        // No cycle blocks: a collector without space holds its buffer and returns.
        engine.cycle();
        engine.clock.advance(SECOND / 1000);
      }
    }

    void letTheWriterGoOn() {
      engine.device.flush();
      for (int round = 0; !engine.device.isIdle() || engine.run.count().law().inFlight() > 0; ) {
        assertTrue(round++ < 100_000, "the run hangs");
        engine.device.runUntilBlocked();
        engine.cycle();
        CaptureRig.step(capture);
        engine.clock.advance(SECOND / 1000);
        if (engine.device.isIdle() && engine.cycle() == 0 && CaptureRig.step(capture) == 0) {
          break;
        }
      }
      engine.run.settle(RunEnd.COMPLETE, Run.Settling.AT_ONCE);
      while (CaptureRig.step(capture) > 0) {
        // Drains the stage.
      }
    }

    void assertLaws() {
      RunTotals totals = engine.run.count();
      CaptureTotals captured = capture.totals();
      for (BufferKind kind : BufferKind.TIMED) {
        AccountingLaw law = totals.laws[kind.ordinal()];
        assertEquals(0, law.unaccounted(), kind.label() + ": " + law);
        assertEquals(
            law.collected() + law.salvaged(),
            captured.captured(kind) + captured.lost(kind),
            kind.label());
        assertEquals(0, captured.lost(kind), "the policy is to wait");
      }
    }
  }
}
