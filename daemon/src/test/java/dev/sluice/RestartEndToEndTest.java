package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Daemons under {@code sluice supervise} that are killed at random moments under load: what the
 * device produced is in the capture, once, or was dropped by it. {@code -Dsluice.test.kills=N}
 * kills so often for each layout; the log has the times for which a device got no buffer.
 */
@Tag("restart")
@ExtendWith(FailureDump.class)
@Timeout(value = 12, unit = TimeUnit.HOURS)
class RestartEndToEndTest {
  private static final Logger log = LoggerFactory.getLogger(RestartEndToEndTest.class);
  private static final int KILLS = Integer.getInteger("sluice.test.kills", 1);
  // One producer is killed the daemon of so often: then its capture is verified.
  private static final int KILLS_OF_A_RUN = 10;
  // It resumes, and never takes over: the daemon comes back.
  private static final int NO_GUARD_MS = 600_000;
  private static final String TAKEN_OVER = "taken over from an earlier daemon";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "l2-2026.06/a2a3",
        "l2-2026.07/a5",
        "chip-2026.08/a2a3",
        "chip-2026.08/a5",
        "chip-2026.09/a2a3"
      })
  void shouldCaptureOnceWhatWasProduced(String layout) throws Exception {
    Random random = new Random(layout.hashCode());
    long[] gaps = new long[KILLS];
    int kills = 0;
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput("ready after", 1);
      for (int run = 0; kills < KILLS; run++) {
        int until = Math.min(KILLS, kills + KILLS_OF_A_RUN);
        try (TestProducer producer = start(layout, run, random, NO_GUARD_MS)) {
          daemon.awaitOutput("run started", run + 1);
          while (kills < until) {
            TimeUnit.NANOSECONDS.sleep(random.nextInt(800_000_000));
            gaps[kills] = kill(daemon, kills + 1);
            kills++;
          }
          TimeUnit.NANOSECONDS.sleep(random.nextInt(200_000_000));
          producer.stop();
          TestProducer.Report report = producer.await();
          verify(layout, report);
          assertEquals(0, report.guardLost(), layout);
        }
      }
    }
    Arrays.sort(gaps);
    log.info(
        "{}: {} kills, without refill for {} ms in the median, {} ms at worst",
        layout,
        kills,
        gaps[kills / 2] / 1_000_000,
        gaps[kills - 1] / 1_000_000);
  }

  /** As before, while a guard takes over as soon as the daemon is dead. */
  @ParameterizedTest
  @ValueSource(strings = {"l2-2026.07/a2a3", "chip-2026.08/a2a3", "chip-2026.09/a2a3"})
  void shouldAccountForWhatAGuardRecycled(String layout) throws Exception {
    Random random = new Random(layout.hashCode());
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput("ready after", 1);
      try (TestProducer producer = start(layout, 0, random, 1)) {
        daemon.awaitOutput("run started", 1);
        for (int kill = 1; kill <= KILLS; kill++) {
          TimeUnit.NANOSECONDS.sleep(random.nextInt(800_000_000));
          kill(daemon, kill);
        }
        producer.stop();
        TestProducer.Report report = producer.await();
        verify(layout, report);
        assertTrue(report.guardLost() > 0, () -> layout + ": " + report.output());
        assertEquals(0, report.unaccounted(), () -> layout + ": " + report.output());
      }
    }
  }

  private TestProducer start(String layout, int run, Random random, int guardMs)
      throws IOException {
    return TestProducer.start(
        folder.resolve("attach.sock"),
        "run " + run,
        List.of(
            "--layout",
            layout,
            "--level",
            Integer.toString(1 + random.nextInt(4)),
            "--rate",
            random.nextInt(3) == 0 ? "0" : "50000000",
            "--seed",
            Integer.toString(run),
            "--duration-ns",
            "600000000000",
            "--guard-ms",
            Integer.toString(guardMs)));
  }

  /** Returns for how long no buffer was lent, in nanoseconds. */
  private static long kill(DaemonProcess daemon, int kills) throws Exception {
    long sinceNs = System.nanoTime();
    daemon.killChild();
    daemon.awaitOutput(TAKEN_OVER, kills);
    long gap = System.nanoTime() - sinceNs;
    daemon.awaitOutput("resumed by", kills);
    return gap;
  }

  private void verify(String layout, TestProducer.Report producer) throws Exception {
    String what = layout + ": " + producer.output() + producer.errors();
    assertEquals(0, producer.exitCode(), what);
    Path capture;
    try (Stream<Path> all = Files.list(folder.resolve("captures"))) {
      capture =
          all.filter(Files::isDirectory)
              .filter(RestartEndToEndTest::isCapture)
              .max(Path::compareTo)
              .orElseThrow();
    }
    try (CaptureReader reader = CaptureReader.open(capture)) {
      CaptureVerifier.Result result = CaptureVerifier.verify(reader);
      assertFalse(result.isDamaged(), () -> what + result);
      for (BufferKind kind : BufferKind.TIMED) {
        long produced = producer.kind(kind.label(), "produced");
        long lost = producer.kind(kind.label(), "dropped") + producer.kind(kind.label(), "lost");
        CaptureManifest.KindBooks books = reader.manifest().outcome().kind(kind);
        long recycled = books.dropped().getOrDefault(DropCause.GUARD_RECYCLED.label(), 0L);
        String of = kind.label() + " " + books + " of " + what;
        assertEquals(produced, books.captured() + lost + recycled, of);
        assertEquals(producer.guardLost(kind.label()), recycled, of);
        assertTrue(!layout.startsWith("chip-2026.08") || lost == 0, of);
      }
    }
  }

  private static boolean isCapture(Path directory) {
    return Files.exists(directory.resolve("manifest.json"));
  }
}
