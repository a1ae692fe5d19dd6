package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hosts that temporarily lack a resource: every produced record is in the capture, or was dropped
 * by the device and is in the books; a device that can wait drops nothing. Each disturbance proves
 * that it had an effect. A build runs the first for a second, the profile {@code soak} all of them.
 */
@Tag("soak")
@ExtendWith(FailureDump.class)
class StressEndToEndTest {
  private static final Logger log = LoggerFactory.getLogger(StressEndToEndTest.class);
  private static final int SECONDS = Integer.getInteger("sluice.test.stressSeconds", 0);
  private static final String WAITING = "chip-2026.08/a2a3";
  private static final String DROPPING = "l2-2026.07/a2a3";
  private static final int BUSY = 4;
  private static final int SCRAPERS = 4;
  private static final long SPARE_BYTES = 32 << 20;
  private static final Path GROUP =
      Path.of("/sys/fs/cgroup/memory/sluice-stress-" + ProcessHandle.current().pid());

  @TempDir Path folder;

  /** Conditions that a host may have to survive. */
  private enum Disturbance {
    /** SIGSTOP: a debugger, a suspended machine. */
    STOPPED {
      @Override
      double act(DaemonProcess daemon, Path folder, long untilNs) throws Exception {
        String stalls = "sluice_agent_stalls_total{agent=\"janitor\"}";
        double before = daemon.metrics(1).get(stalls);
        daemon.signal("STOP");
        try {
          rest(untilNs);
        } finally {
          daemon.signal("CONT");
        }
        Await.until(() -> daemon.metrics(1).get(stalls) > before, daemon::output);
        return daemon.metrics(1).get(stalls) - before;
      }
    },
    /** Scrapes with a young generation of 1 MB, where each collection stops all threads. */
    COLLECTIONS {
      @Override
      String prefix(Path folder) {
        return "export JDK_JAVA_OPTIONS='-XX:+UseSerialGC -Xmx64m -Xmn1m';";
      }

      @Override
      double act(DaemonProcess daemon, Path folder, long untilNs) throws Exception {
        double before = sum(daemon.metrics(1), "jvm_gc_pause_seconds_count");
        List<Thread> scrapers = new ArrayList<>();
        for (int i = 0; i < SCRAPERS; i++) {
          scrapers.add(new Thread(() -> scrape(daemon, untilNs)));
        }
        scrapers.forEach(Thread::start);
        for (Thread scraper : scrapers) {
          scraper.join();
        }
        double collections = sum(daemon.metrics(1), "jvm_gc_pause_seconds_count") - before;
        assertTrue(collections > 20, collections + " collections");
        return collections;
      }

      private void scrape(DaemonProcess daemon, long untilNs) {
        try {
          while (System.nanoTime() < untilNs) {
            daemon.get(1, "/metrics");
            daemon.get(1, "/api/v1/status");
          }
        } catch (IOException e) {
          log.error("no scrape", e); // the test then fails with too few collections
        }
      }
    },
    /** Busy loops, twice as many as CPUs, at a higher priority. */
    HOGS {
      @Override
      double act(DaemonProcess daemon, Path folder, long untilNs) throws Exception {
        long beganNs = System.nanoTime();
        List<Process> hogs = new ArrayList<>();
        try {
          for (int i = 0; i < BUSY; i++) {
            hogs.add(
                new ProcessBuilder(
                        "timeout", "60", "nice", "-n", "-10", "sh", "-c", "while :; do :; done")
                    .start());
          }
          rest(untilNs);
          long nanos =
              hogs.stream()
                  .flatMap(hog -> hog.toHandle().descendants())
                  .mapToLong(hog -> hog.info().totalCpuDuration().map(Duration::toNanos).orElse(0L))
                  .sum();
          assertTrue(nanos > (untilNs - beganNs) / 4, "the hogs had " + nanos + " ns");
          return nanos / 1e9;
        } finally {
          for (Process hog : hogs) {
            hog.descendants().forEach(ProcessHandle::destroyForcibly);
            hog.destroyForcibly().waitFor();
          }
        }
      }
    },
    /** A file system that blocks all writes. */
    FROZEN_DISK {
      @Override
      void prepare(Path folder) throws Exception {
        assumeTrue(isRoot(), "only root can mount and freeze a file system");
        String mount =
            String.format(
                "truncate -s 8G '%1$s/image' && mkfs.ext4 -q '%1$s/image'"
                    + " && mount -o loop,noatime '%1$s/image' '%1$s/captures'",
                folder);
        assumeTrue(sh(mount) == 0, "no loop device");
      }

      @Override
      double act(DaemonProcess daemon, Path folder, long untilNs) throws Exception {
        String captures = "'" + folder.resolve("captures") + "'";
        assertEquals(0, sh("fsfreeze -f " + captures));
        try {
          rest(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500)); // writes in progress
          double before = written(daemon);
          rest(untilNs);
          assertEquals(before, written(daemon), "bytes written to a frozen disk");
        } finally {
          assertEquals(0, sh("fsfreeze -u " + captures));
        }
        return 0;
      }

      private double written(DaemonProcess daemon) throws Exception {
        return sum(daemon.metrics(1), "sluice_capture_written_bytes_total");
      }

      @Override
      void cleanUp(Path folder) throws Exception {
        sh(
            "! mountpoint -q '"
                + folder.resolve("captures")
                + "' || umount '"
                + folder.resolve("captures")
                + "'");
      }
    },
    /** A memory cgroup near its limit, which must reclaim in order to allocate. */
    LITTLE_MEMORY {
      @Override
      void prepare(Path folder) throws IOException {
        assumeTrue(
            Files.isWritable(GROUP.getParent()), "no cgroup (version 1) for memory is writable");
        Files.createDirectory(GROUP);
      }

      @Override
      String prefix(Path folder) {
        return "export JDK_JAVA_OPTIONS='-Xms64m -Xmx64m -XX:+AlwaysPreTouch'; echo $$ >'"
            + GROUP.resolve("cgroup.procs")
            + "';";
      }

      @Override
      List<String> settings() {
        return List.of("sluice.capture.direct-io=false");
      }

      @Override
      double act(DaemonProcess daemon, Path folder, long untilNs) throws Exception {
        double before = number("memory.failcnt");
        Path limit = GROUP.resolve("memory.limit_in_bytes");
        Files.writeString(
            limit, Long.toString((long) number("memory.usage_in_bytes") + SPARE_BYTES));
        try {
          rest(untilNs);
        } finally {
          Files.writeString(limit, "-1");
        }
        double refusals = number("memory.failcnt") - before;
        assertTrue(refusals > 0, "the limit was never reached");
        return refusals;
      }

      private double number(String file) throws IOException {
        return Double.parseDouble(Files.readString(GROUP.resolve(file)).trim());
      }

      @Override
      void cleanUp(Path folder) throws Exception {
        Await.until(
            () -> !Files.exists(GROUP) || sh("rmdir '" + GROUP + "'") == 0,
            () -> "not empty: " + GROUP);
      }
    };

    void prepare(Path folder) throws Exception {}

    String prefix(Path folder) {
      return "";
    }

    List<String> settings() {
      return List.of();
    }

    /** Disturbs the daemon and fails without an effect; returns the size of the effect. */
    abstract double act(DaemonProcess daemon, Path folder, long untilNs) throws Exception;

    void cleanUp(Path folder) throws Exception {}
  }

  static Stream<Disturbance> disturbances() {
    return SECONDS > 0 ? Stream.of(Disturbance.values()) : Stream.of(Disturbance.STOPPED);
  }

  @ParameterizedTest
  @MethodSource("disturbances")
  void shouldLoseNothingThatADeviceCanKeep(Disturbance disturbance) throws Exception {
    Path captures = Files.createDirectory(folder.resolve("captures"));
    List<String> settings = new ArrayList<>(disturbance.settings());
    settings.add("sluice.capture.enabled=true");
    settings.add("sluice.capture.directory=" + captures);
    settings.add("sluice.capture.stage-bytes=16MiB");
    settings.add("sluice.capture.stall-limit=10m"); // the disk is slow here, not broken
    settings.add("sluice.attach.socket=" + folder.resolve("attach.sock"));
    settings.add("sluice.control.socket=" + folder.resolve("control.sock"));
    try {
      disturbance.prepare(folder);
      try (DaemonProcess daemon =
          DaemonProcess.start(
              disturbance.prefix(folder), folder, settings.toArray(String[]::new))) {
        daemon.awaitOutput("ready after", 1); // starts slowly with little memory
        disturb(daemon, disturbance, captures);
        assertEquals(0, daemon.terminate(), daemon::output);
      }
    } finally {
      disturbance.cleanUp(folder);
    }
  }

  private void disturb(DaemonProcess daemon, Disturbance disturbance, Path captures)
      throws Exception {
    try (TestProducer waiting = start(WAITING, 0);
        TestProducer dropping = start(DROPPING, 1)) {
      awaitRecords(daemon);
      long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(Math.max(1, SECONDS) + 1L);
      log.info("{}: {}", disturbance, disturbance.act(daemon, folder, untilNs));
      awaitRecords(daemon);
      Await.until(() -> daemon.get(1, "/-/healthy").strip().equals("healthy"), daemon::output);
      assertEquals("ready", daemon.get(1, "/-/ready").strip());
      waiting.stop();
      dropping.stop();
      assertEquals(0, verify(captures, waiting), "records that a device could keep");
      log.info("{}: {} records dropped by the other", disturbance, verify(captures, dropping));
      assertEquals(0, sum(daemon.metrics(1), "sluice_capture_lost_records_total"));
    }
  }

  private TestProducer start(String layout, int device) throws IOException {
    return TestProducer.start(
        folder.resolve("attach.sock"),
        "stress-" + device,
        List.of(
            "--layout",
            layout,
            "--device",
            Integer.toString(device),
            "--rate",
            "30000000",
            "--duration-ns",
            "600000000000",
            "--guard-ms",
            "1"));
  }

  /** Waits until more records of both devices have been collected. */
  private static void awaitRecords(DaemonProcess daemon) throws Exception {
    for (int device = 0; device < 2; device++) {
      String series = "sluice_collected_records_total{device=\"" + device + "\"";
      double before = sum(daemon.metrics(1), series);
      Await.until(() -> sum(daemon.metrics(1), series) > before, daemon::output);
    }
  }

  /** Compares the capture with the device's counters; returns what the device dropped. */
  private static long verify(Path captures, TestProducer producer) throws Exception {
    TestProducer.Report report = producer.await();
    assertEquals(0, report.exitCode(), report::errors);
    assertEquals(0, report.unaccounted(), report::output);
    assertEquals(0, report.guardLost(), report::output);
    Path capture;
    try (Stream<Path> all = Files.list(captures)) {
      capture =
          all.filter(path -> path.toString().contains(producer.name())).findFirst().orElseThrow();
    }
    long all = 0;
    try (CaptureReader reader = CaptureReader.open(capture)) {
      CaptureVerifier.Result result = CaptureVerifier.verify(reader);
      assertFalse(result.isDamaged(), () -> "" + result);
      for (BufferKind kind : BufferKind.TIMED) {
        long dropped = report.kind(kind.label(), "dropped") + report.kind(kind.label(), "lost");
        CaptureManifest.KindBooks books = reader.manifest().outcome().kind(kind);
        assertTrue(books.captured() > 0, () -> kind + " " + books);
        assertEquals(
            report.kind(kind.label(), "produced"),
            books.captured() + dropped,
            () -> kind + " " + books + report.output());
        all += dropped;
      }
    }
    return all;
  }

  private static double sum(Map<String, Double> series, String name) {
    return series.entrySet().stream()
        .filter(one -> one.getKey().startsWith(name))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  private static void rest(long untilNs) {
    while (System.nanoTime() < untilNs) {
      LockSupport.parkNanos(untilNs - System.nanoTime());
    }
  }

  private static boolean isRoot() throws IOException {
    return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  private static int sh(String command) throws Exception {
    return new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
  }
}
