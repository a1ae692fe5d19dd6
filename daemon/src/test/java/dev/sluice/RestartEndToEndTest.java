package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.device.HostState;
import dev.sluice.device.TestStates;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** What it left is in the capture, and the session is over: its books cannot be read. */
  @ParameterizedTest
  @CsvSource({"l2-2026.07/a5,-1", "chip-2026.08/a2a3,1"})
  void shouldSaveWhatADaemonOfAnotherVersionLeft(String layout, int later) throws Exception {
    Random random = new Random(layout.hashCode());
    int version = HostState.VERSION + later;
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput("ready after", 1);
      try (TestProducer producer = start(layout, 0, random, NO_GUARD_MS)) {
        daemon.awaitOutput("run started", 1);
        Await.until(() -> hasSegment(), () -> daemon.output());
        daemon.killChild("sluice-state", memory -> TestStates.makeOfVersion(memory, version));
        String reason =
            "its state is of version " + version + ", this daemon reads " + HostState.VERSION;
        daemon.awaitOutput("ended: " + reason, 1);
        daemon.awaitOutput("ready after", 2);
        producer.kill();
        try (CaptureReader reader = CaptureReader.open(capture("run"))) {
          CaptureManifest.Outcome outcome = reader.manifest().outcome();
          assertEquals(reason, outcome.ending());
          CaptureVerifier.Result result = CaptureVerifier.verify(reader);
          assertFalse(result.isDamaged(), () -> "" + result);
          long captured = 0;
          for (BufferKind kind : BufferKind.TIMED) {
            CaptureManifest.KindBooks books = outcome.kind(kind);
            long dropped = books.dropped().values().stream().mapToLong(Long::longValue).sum();
            captured += books.captured();
            assertEquals(books.collected(), books.captured(), kind + " " + books);
            assertEquals(
                books.produced(),
                books.captured() + dropped + books.inFlight(),
                kind + " " + books);
            assertEquals(0, books.unaccounted(), kind + " " + books);
          }
          assertTrue(captured > 0, () -> "" + outcome);
        }
      }
    }
  }

  /** A start that fails ends no session: the one after it has them. */
  @Test
  void shouldLeaveTheSessionsOfAStartThatFails() throws Exception {
    String layout = "chip-2026.08/a2a3";
    Path control = folder.resolve("control.sock");
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput("ready after", 1);
      try (TestProducer producer = start(layout, 0, new Random(1), NO_GUARD_MS);
          ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        daemon.awaitOutput("run started", 1);
        daemon.killChild(
            "sluice-state",
            memory -> {
              try {
                Files.delete(control);
                other.bind(UnixDomainSocketAddress.of(control));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
        daemon.awaitOutput("is left to the next daemon", 1);
        other.close();
        Files.delete(control);
        daemon.awaitOutput("resumed by", 1);
        producer.stop();
        verify(layout, producer.await());
      }
    }
  }

  /**
   * All at once, and each counter of a device says no less than before, as that of a capture begins
   * at zero: an alert takes anything between for a rise from zero.
   */
  @Test
  void shouldTakeOverEightSessionsAndTheirCounters() throws Exception {
    String layout = "l2-2026.07/a2a3";
    Random random = new Random(8);
    List<TestProducer> producers = new ArrayList<>();
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput("ready after", 1);
      try (TestProducer early = start(layout, 9, random, NO_GUARD_MS)) {
        Await.until(
            () -> sum(daemon.metrics(1), "sluice_collected_records_total") > 0, daemon::output);
        early.stop();
        assertEquals(0, early.await().exitCode(), daemon::output);
      }
      for (int run = 0; run < 8; run++) {
        producers.add(slow(layout, run));
      }
      daemon.awaitOutput("run started", 9);
      Map<String, Double> before = daemon.metrics(1);
      assertTrue(sum(before, "sluice_collected_records_total") > 0, () -> "" + before);
      daemon.killChild();
      daemon.awaitOutput(TAKEN_OVER, 8);
      daemon.awaitOutput("resumed by", 8);
      daemon.awaitOutput("ready after", 2);
      Map<String, Double> after = daemon.metrics(2);
      before.forEach(
          (series, value) -> {
            if (series.matches("sluice_(device|collected|salvaged)_.*records_total.*")) {
              assertTrue(after.getOrDefault(series, 0.0) >= value, () -> series + " was " + value);
            }
          });
      assertEquals(0, sum(after, "sluice_capture_lost_records_total"));
      producers.forEach(TestProducer::stop);
      for (TestProducer producer : producers) {
        verify(layout, producer.name(), producer.await());
      }
    } finally {
      for (TestProducer producer : producers) {
        producer.close();
      }
    }
  }

  private static double sum(Map<String, Double> series, String name) {
    return series.entrySet().stream()
        .filter(one -> one.getKey().startsWith(name))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  private boolean hasSegment() throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve("captures"))) {
      return all.anyMatch(file -> file.toString().endsWith(".seg"));
    }
  }

  /** What eight of can run on two CPUs. */
  private TestProducer slow(String layout, int run) throws IOException {
    return start(layout, run, 4, "500000", NO_GUARD_MS);
  }

  private TestProducer start(String layout, int run, Random random, int guardMs)
      throws IOException {
    int level = 1 + random.nextInt(4);
    return start(layout, run, level, random.nextInt(3) == 0 ? "0" : "50000000", guardMs);
  }

  private TestProducer start(String layout, int run, int level, String rate, int guardMs)
      throws IOException {
    return TestProducer.start(
        folder.resolve("attach.sock"),
        "run " + run,
        List.of(
            "--layout",
            layout,
            "--level",
            Integer.toString(level),
            "--rate",
            rate,
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
    verify(layout, "run", producer);
  }

  /**
   * @param name with which the name of the capture ends, after the blanks
   */
  private void verify(String layout, String name, TestProducer.Report producer) throws Exception {
    String what = layout + ": " + producer.output() + producer.errors();
    assertEquals(0, producer.exitCode(), what);
    try (CaptureReader reader = CaptureReader.open(capture(name))) {
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

  private Path capture(String name) throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve("captures"))) {
      return all.filter(Files::isDirectory)
          .filter(RestartEndToEndTest::isCapture)
          .filter(found -> found.toString().contains(name.replace(' ', '_')))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private static boolean isCapture(Path directory) {
    return Files.exists(directory.resolve("manifest.json"));
  }
}
