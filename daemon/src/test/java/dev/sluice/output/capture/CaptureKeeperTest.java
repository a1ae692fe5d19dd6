package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The keeper's rounds, stepped on a clock of the test's. */
final class CaptureKeeperTest {
  @TempDir private Path root;

  private final List<Capture> live = new ArrayList<>();

  private int spares() throws IOException {
    Path folder = root.resolve(".spare");
    if (!Files.exists(folder)) {
      return 0;
    }
    try (var all = Files.list(folder)) {
      return (int) all.count();
    }
  }

  /** A daemon that is started for one short run writes nothing for a next one. */
  @Test
  void shouldMakeSparesAfterTenSecondsWithoutASession() throws IOException {
    CaptureRig rig =
        new CaptureRig(
            root,
            1 << 20,
            "segment-bytes=1MiB",
            "spare-bytes=2MiB",
            "retention-bytes=1GiB",
            "free-space-floor=1MiB");
    try (CaptureKeeper keeper =
        new CaptureKeeper(
            rig.settings,
            rig.files,
            rig.supply,
            () -> live,
            CaptureThreads.AS_THEY_ARE,
            rig.clock::nanoTime)) {
      for (int second = 0; second <= 10; second++) {
        keeper.doRound();
        assertEquals(0, spares(), "after " + second + " s");
        rig.clock.advance(TimeUnit.SECONDS.toNanos(1));
      }
      live.add(rig.capture);
      keeper.doRound();
      assertEquals(0, spares(), "a session is open");
      live.clear();
      rig.clock.advance(TimeUnit.SECONDS.toNanos(10));
      keeper.doRound();
      assertEquals(0, spares(), "ten seconds are not over");
      rig.clock.advance(1);
      keeper.doRound();
      assertEquals(2, spares());
    }
    assertEquals(0, spares(), "a stop takes them along");
  }
}
