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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Daemons under {@code sluice supervise} that are killed at random moments under load, of a start
 * as of a run: what the device produced is in the capture, once, or was dropped by it. {@code
 * -Dsluice.test.kills=N} kills so often for each layout, ten times for each producer, every other
 * of which has a guard that acts; {@code -Dsluice.test.kills.seed=N} chooses other moments. The log
 * has the sums, and the times for which a device got no buffer.
 */
@Tag("restart")
@ExtendWith(FailureDump.class)
@Timeout(value = 12, unit = TimeUnit.HOURS)
class RestartEndToEndTest {
  private static final Logger log = LoggerFactory.getLogger(RestartEndToEndTest.class);
  private static final int KILLS = Integer.getInteger("sluice.test.kills", 1);
  private static final long SEED = Long.getLong("sluice.test.kills.seed", 0);
  // One producer is killed the daemon of so often: then its capture is verified.
  private static final int KILLS_OF_A_RUN = 10;
  // It resumes, and never takes over: the daemon comes back.
  private static final int NO_GUARD_MS = 600_000;
  private static final int GUARD_MS = 1;
  private static final int RECORDS_BEFORE_A_KILL = 1_000_000;
  private static final long LOOK_NANOS = 20_000_000;
  private static final int FEW_DESCRIPTORS = 48;
  // Longer than a start from an archive, shorter than most from class files.
  private static final long START_NANOS = 2_000_000_000L;
  private static final String READY = "ready after";
  private static final String RESUMED = "resumed by";
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
    try (DaemonProcess daemon = manyKills()) {
      daemon.awaitOutput(READY, 1);
      Kills all = new Kills(daemon, layout);
      for (int run = 0; all.count < KILLS; run++) {
        int guardMs = run % 2 == 0 ? NO_GUARD_MS : GUARD_MS;
        all.run(guardMs, Math.min(KILLS - all.count, KILLS_OF_A_RUN));
        log.info("{}", all);
      }
    }
  }

  /** For a few the archive would cost more than it saves. */
  private DaemonProcess manyKills() throws Exception {
    return KILLS <= KILLS_OF_A_RUN
        ? DaemonProcess.supervised(folder)
        : DaemonProcess.supervised(ClassArchive.make(folder.resolve("program")), folder);
  }

  /** As before, while a guard takes over as soon as the daemon is dead. */
  @ParameterizedTest
  @ValueSource(strings = {"l2-2026.07/a2a3", "chip-2026.08/a2a3", "chip-2026.09/a2a3"})
  void shouldAccountForWhatAGuardRecycled(String layout) throws Exception {
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput(READY, 1);
      Kills all = new Kills(daemon, layout);
      all.run(GUARD_MS, 1);
      assertTrue(all.recycled > 0, all::toString);
    }
  }

  /** What became of the records of one daemon's producers, one after the other. */
  private final class Kills {
    private final DaemonProcess daemon;
    private final String layout;
    private final Random random;
    private final List<Long> gapsNs = new ArrayList<>(); // without a guard
    private int count;
    private int inStarts; // of these
    private int starts; // that got ready and were killed since
    private long killed;
    private int runs;
    private long produced;
    private long captured;
    private long dropped;
    private long recycled;

    Kills(DaemonProcess daemon, String layout) {
      this.daemon = daemon;
      this.layout = layout;
      this.random = new Random(SEED + layout.hashCode());
    }

    /** One producer, whose daemon is killed so often; then its capture is verified. */
    void run(int guardMs, int kills) throws Exception {
      try (TestProducer producer = start(layout, runs, random, guardMs)) {
        runs++;
        daemon.awaitOutput("run started", runs);
        awaitRecords();
        for (int kill = 1; kill <= kills; kill++) {
          kill(guardMs, kill == kills || random.nextBoolean());
        }
        producer.stop();
        TestProducer.Report report = producer.await();
        verify(layout, report);
        TestDaemon.delete(capture("run")); // all of a thousand kills would fill the disk
        assertEquals(0, report.unaccounted(), report::output);
        assertTrue(guardMs != NO_GUARD_MS || report.guardLost() == 0, report::output);
        produced += report.whole("produced_records");
        recycled += report.guardLost();
        for (BufferKind kind : BufferKind.TIMED) {
          dropped += report.kind(kind.label(), "dropped") + report.kind(kind.label(), "lost");
        }
        captured = produced - dropped - recycled; // as it was verified, for each kind
      }
    }

    /** Then waits for the moment of the next kill: in the middle of a start, or of a run. */
    private void kill(int guardMs, boolean mayStart) throws Exception {
      long sinceNs = System.nanoTime();
      long pid = daemon.killChild();
      int ready = daemon.count(READY);
      if (pid > 0 && pid != killed) { // otherwise the next one has not begun
        count++;
        inStarts += ready == starts ? 1 : 0;
      }
      killed = pid;
      starts = ready;
      int takeovers = daemon.count(TAKEN_OVER);
      int resumes = daemon.count(RESUMED);
      if (!mayStart) {
        LockSupport.parkNanos(random.nextLong(START_NANOS));
        return;
      }
      daemon.awaitOutput(TAKEN_OVER, takeovers + 1);
      if (guardMs == NO_GUARD_MS) {
        gapsNs.add(System.nanoTime() - sinceNs);
      }
      daemon.awaitOutput(RESUMED, resumes + 1);
      awaitRecords();
    }

    private void awaitRecords() throws Exception {
      daemon.awaitOutput(READY, starts + 1);
      double until = collected() + random.nextInt(RECORDS_BEFORE_A_KILL);
      Await.until(
          Duration.ofMinutes(1),
          () -> {
            LockSupport.parkNanos(LOOK_NANOS);
            return collected() >= until;
          },
          () -> "no more records: " + daemon.output());
    }

    private double collected() throws Exception {
      return sum(daemon.metrics(starts + 1), "sluice_collected_records_total");
    }

    @Override
    public String toString() {
      List<Long> gaps = gapsNs.stream().sorted().map(TimeUnit.NANOSECONDS::toMillis).toList();
      return String.format(
          Locale.ROOT,
          "%s: %d kills, %d of them in a start: produced %d, captured %d, dropped %d, recycled by"
              + " the guard %d; without refill for %d ms in the median, %d ms at worst",
          layout,
          count,
          inStarts,
          produced,
          captured,
          dropped,
          recycled,
          gaps.isEmpty() ? 0 : gaps.get(gaps.size() / 2),
          gaps.isEmpty() ? 0 : gaps.get(gaps.size() - 1));
    }
  }

  /** What it left is in the capture, and the session is over: its books cannot be read. */
  @ParameterizedTest
  @CsvSource({"l2-2026.07/a5,-1", "chip-2026.08/a2a3,1"})
  void shouldSaveWhatADaemonOfAnotherVersionLeft(String layout, int later) throws Exception {
    Random random = new Random(layout.hashCode());
    int version = HostState.VERSION + later;
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput(READY, 1);
      try (TestProducer producer = start(layout, 0, random, NO_GUARD_MS)) {
        daemon.awaitOutput("run started", 1);
        Await.until(
            () -> sum(daemon.metrics(1), "sluice_collected_records_total") > 0, daemon::output);
        daemon.killChild("sluice-state", memory -> TestStates.makeOfVersion(memory, version));
        String reason =
            "its state has version " + version + ", this daemon reads " + HostState.VERSION;
        daemon.awaitOutput("ended: " + reason, 1);
        daemon.awaitOutput(READY, 2);
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

  /** However far the start of a daemon gets with so few, the session waits for one that can. */
  @Test
  @EnabledIfSystemProperty(named = "sluice.test.kills", matches = ".+")
  void shouldLoseNoSessionForWantOfDescriptors() throws Exception {
    String layout = "chip-2026.08/a2a3";
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput(READY, 1);
      try (TestProducer producer = start(layout, 0, new Random(1), NO_GUARD_MS)) {
        daemon.awaitOutput("run started", 1);
        daemon.limitDescriptors(FEW_DESCRIPTORS);
        daemon.killChild();
        daemon.awaitOutput("the daemon ended", 2);
        daemon.limitDescriptors(4096);
        daemon.awaitOutput(RESUMED, 1);
        producer.stop();
        verify(layout, producer.await());
      }
    }
  }

  /** A start that fails ends no session: the one after it has them. */
  @Test
  void shouldLeaveTheSessionsOfAStartThatFails() throws Exception {
    String layout = "chip-2026.08/a2a3";
    Path control = folder.resolve("control.sock");
    try (DaemonProcess daemon = DaemonProcess.supervised(folder)) {
      daemon.awaitOutput(READY, 1);
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
        daemon.awaitOutput(RESUMED, 1);
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
      daemon.awaitOutput(READY, 1);
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
      daemon.awaitOutput(RESUMED, 8);
      daemon.awaitOutput(READY, 2);
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
