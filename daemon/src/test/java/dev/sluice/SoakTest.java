package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.tool.ExportCommand;
import dev.sluice.tool.StopSignal;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * Many short sessions with captures, scrapes, downloads and exports: the daemon's resources do not
 * grow. The profile {@code soak} runs it for an hour.
 */
@Tag("soak")
@ExtendWith(FailureDump.class)
class SoakTest {
  private static final Logger log = LoggerFactory.getLogger(SoakTest.class);
  private static final long SECONDS = Long.getLong("sluice.test.soakSeconds", 0);

  /** The profile warms up with more than the 64 sessions that the daemon remembers. */
  private static final int WARM_UP = Integer.getInteger("sluice.test.soakWarmUp", 12);

  /** A remembered session takes up to 0.6 MB. */
  private static final long MAX_GROWTH_BYTES = 24 << 20;

  private static final String[] LAYOUTS = {
    "l2-2026.06/a2a3", "l2-2026.07/a2a3", "chip-2026.08/a2a3", "chip-2026.09/a2a3"
  };

  @TempDir Path exports;
  private ResourceLeakDetector.Level level;

  /** Resources that must be back to the same level after each session. */
  private record Held(long descriptors, long threads, long arenas, long series) {
    static Held by(TestDaemon daemon) throws IOException {
      try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
        return new Held(
            descriptors.count(),
            ManagementFactory.getThreadMXBean().getThreadCount(),
            mappedArenas(),
            daemon.get("/metrics").lines().filter(line -> line.startsWith("sluice_")).count());
      }
    }

    static long mappedArenas() throws IOException {
      try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
        return mappings.filter(line -> line.contains("memfd:sluice")).count();
      }
    }

    /** Allows for a few descriptors that the JVM opens on first use. */
    boolean isNoMoreThan(Held other) {
      return descriptors <= other.descriptors + 4
          && threads <= other.threads
          && arenas <= other.arenas
          && series <= other.series;
    }
  }

  @BeforeEach
  void watchEveryBuffer() {
    level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
  }

  @AfterEach
  void watchAsBefore() {
    ResourceLeakDetector.setLevel(level);
  }

  @Test
  void shouldHoldNoMoreAfterManySessions() throws Exception {
    long ofOtherTests = Held.mappedArenas();
    try (TestDaemon daemon =
        TestDaemon.start(
            "sluice.capture.enabled=true",
            "sluice.capture.directory=" + exports.resolve("captures"),
            "sluice.capture.segment-bytes=4MiB",
            "sluice.capture.stage-bytes=8MiB",
            "sluice.capture.retention-bytes=64MiB")) {
      int cycle = 0;
      while (cycle < WARM_UP) {
        cycle(daemon, cycle++);
      }
      Held before = settled(daemon, ofOtherTests);
      long bytesBefore = bytes();
      long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (System.nanoTime() < untilNs || cycle < 3 * WARM_UP) {
        cycle(daemon, cycle++);
      }
      Held[] after = {null};
      Await.until(
          () -> {
            after[0] = Held.by(daemon);
            return after[0].isNoMoreThan(before);
          },
          () -> "before " + before + ", after " + after[0]);
      // Direct memory is freed some time after the collection that found it.
      long[] grown = {0};
      int sessions = cycle;
      Await.until(
          () -> {
            grown[0] = bytes() - bytesBefore;
            return grown[0] < MAX_GROWTH_BYTES;
          },
          () -> "grown by " + grown[0] + " bytes in " + sessions + " sessions");
      log.info("soak: {} sessions, {}, grown by {} bytes", cycle, after[0], grown[0]);
      assertEquals(List.of(), daemon.logged(Level.ERROR, "LEAK"));
      assertTrue(daemon.isHealthy());
    }
  }

  /** Waits for resources that are released shortly after their session. */
  private static Held settled(TestDaemon daemon, long ofOtherTests) throws Exception {
    Held[] last = {Held.by(daemon)};
    Await.until(
        () -> {
          Held seen = Held.by(daemon);
          boolean isSettled =
              seen.arenas() <= ofOtherTests + 1; // one stage is kept for the next session
          last[0] = seen;
          return isSettled;
        },
        () -> "arenas are still mapped: " + last[0]);
    return last[0];
  }

  /** Returns heap and direct memory after collections. */
  private static long bytes() {
    System.gc();
    System.gc();
    long direct =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    return direct + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private void cycle(TestDaemon daemon, int number) throws Exception {
    String name = "soak " + number % 3;
    TestProducer.Report device =
        daemon.run(
            name,
            "--device",
            String.valueOf(number % 3),
            "--layout",
            LAYOUTS[number % LAYOUTS.length],
            "--rate",
            "3000000",
            "--duration-ns",
            "20000000");
    assertEquals(0, device.exitCode(), device::errors);
    for (String path : List.of("/", "/metrics", "/api/v1/status", "/api/v1/captures", "/none")) {
      daemon.get(path);
    }
    Path capture;
    try (Stream<Path> captures = Files.list(exports.resolve("captures"))) {
      capture =
          captures
              .filter(path -> Files.exists(path.resolve("manifest.json")))
              .max(Path::compareTo)
              .orElseThrow();
    }
    try (CaptureReader reader = CaptureReader.open(capture)) {
      assertEquals(List.of(), CaptureVerifier.verify(reader).damages());
    }
    daemon.control("GET", "/v1/captures/" + capture.getFileName());
    String out = exports.resolve("out").toString();
    new CommandLine(new ExportCommand(new StopSignal()))
        .execute(capture.toString(), "-o", out, "--force", "--format", "perfetto");
    Files.deleteIfExists(Path.of(out));
  }
}
