package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.tool.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Eight devices of all placements in one daemon, each with short concurrent sessions; one device
 * fails in the middle.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class ManyDevicesTest {
  private static final int DEVICES = 8;
  private static final int AT_ONCE = 2;
  private static final int BROKEN = 7;
  private static final String[] PLACEMENTS = {
    "sim", "sim", "host", "host",
    "device-mapped", "device-mapped", "device-copied", "device-copied"
  };
  private static final List<String> LAYOUTS =
      List.of("l2-2026.06/a2a3", "l2-2026.07/a5", "chip-2026.08/a2a3");

  @TempDir private Path captures;

  @BeforeEach
  void forgetWhatOthersDid() {
    CannStandin.reset();
  }

  private TestDaemon daemon() {
    List<String> settings = new ArrayList<>();
    settings.add(CannStandin.setting());
    settings.add("sluice.cann.probe-interval=20ms");
    settings.add("sluice.capture.directory=" + captures);
    for (int device = 0; device < DEVICES; device++) {
      settings.add("sluice.device." + device + ".placement=" + PLACEMENTS[device]);
    }
    settings.add("sluice.device.1.threading=shared");
    settings.add("sluice.device.2.capture.enabled=true");
    settings.add("sluice.device.2.capture.overload=discard");
    settings.add("sluice.device.3.arena.bytes=24MiB");
    settings.add("sluice.device.3.arena.buffers.sched-phase=2");
    settings.add("sluice.device.5.cann.share=shareable-handle");
    return TestDaemon.start(settings.toArray(new String[0]));
  }

  private static TestProducer producer(
      TestDaemon daemon, int device, String name, String layout, String durationNs)
      throws Exception {
    return daemon.producer(
        name,
        "--device",
        "" + device,
        "--placements",
        "--layout",
        layout,
        "--cores",
        "2",
        "--aicpu-threads",
        "1",
        "--rate",
        "3000000",
        "--duration-ns",
        durationNs);
  }

  /** Runs several clients in sequence on a device, each with its own layout. */
  private static Map<String, TestProducer.Report> comeAndGo(TestDaemon daemon, int device, int lane)
      throws Exception {
    Map<String, TestProducer.Report> reports = new LinkedHashMap<>();
    int sessions = lane == 0 ? 2 : 1;
    for (int i = 0; i < sessions; i++) {
      String name = "d" + device + " lane " + lane + " session " + i;
      String layout = LAYOUTS.get((device + lane + i) % LAYOUTS.size());
      try (TestProducer producer = producer(daemon, device, name, layout, "150000000")) {
        reports.put(name, producer.await());
      }
    }
    return reports;
  }

  @Test
  void shouldServeAllDevicesWhileOneFails() throws Exception {
    ExecutorService lanes = Executors.newFixedThreadPool(DEVICES * AT_ONCE);
    try (TestDaemon daemon = daemon();
        TestProducer broken =
            producer(daemon, BROKEN, "broken", "chip-2026.08/a2a3", "60000000000")) {
      List<Future<Map<String, TestProducer.Report>>> running = new ArrayList<>();
      for (int device = 0; device < BROKEN; device++) {
        for (int lane = 0; lane < AT_ONCE; lane++) {
          int of = device;
          int at = lane;
          running.add(lanes.submit(() -> comeAndGo(daemon, of, at)));
        }
      }
      daemon.await("broken", session -> session.total().collected() > 0);
      CannStandin.breakDevice(BROKEN, 507000);
      Map<String, TestProducer.Report> reports = new LinkedHashMap<>();
      for (Future<Map<String, TestProducer.Report>> lane : running) {
        reports.putAll(lane.get(40, TimeUnit.SECONDS));
      }
      assertEquals(BROKEN * 3, reports.size());
      for (Map.Entry<String, TestProducer.Report> report : reports.entrySet()) {
        Law.assertExact(daemon.session(report.getKey()), report.getValue());
      }
      SessionView failed = daemon.await("broken", SessionView::isEnded);
      assertTrue(failed.state().contains("device failed: rtMemcpy on device 7"), failed.state());
      Law.assertBalanced(failed);
      broken.await();
      for (int device = 0; device < DEVICES; device++) {
        assertEquals(
            device == BROKEN ? 0 : 1,
            daemon.metric("sluice_device_up{device=\"" + device + "\"}"),
            "device " + device);
        assertEquals(0, daemon.metric("sluice_sessions{device=\"" + device + "\"}"));
      }
      assertOwnSettings(daemon);
      CannStandin.breakDevice(BROKEN, 0);
      Await.until(
          () -> daemon.metric("sluice_device_up{device=\"7\"}") == 1, () -> "7 does not come back");
      try (TestProducer again = producer(daemon, BROKEN, "again", "chip-2026.08/a5", "50000000")) {
        TestProducer.Report device = again.await();
        Law.assertExact(daemon.session("again"), device);
      }
      Await.until(() -> CannStandin.live() == 0, () -> "live: " + CannStandin.live());
      assertEquals(0, CannStandin.leaked());
      assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
    } finally {
      lanes.shutdownNow();
    }
  }

  /** Asserts that the settings of each device apply to that device only. */
  private static void assertOwnSettings(TestDaemon daemon) throws Exception {
    for (SessionView session : daemon.sessions()) {
      int device = (int) session.whole("device");
      assertEquals(PLACEMENTS[device], session.json().get("placement"));
      assertEquals(
          device < 4 ? "memfd" : device == 5 ? "shareable-handle" : "ipc-key",
          session.json().get("route"));
      assertEquals(device == 2, session.json().get("capture") != null, "captured: " + device);
      long bytes = Json.whole(Json.object(session.json(), "arena"), "bytes");
      assertEquals(device == 3, bytes <= 24 << 20, "arena of device " + device + ": " + bytes);
    }
    List<String> started = daemon.logged(Level.INFO, "device 1 run started");
    assertEquals(3, started.size(), "runs of device 1");
    for (String line : started) {
      assertTrue(line.endsWith("threads shared"), line);
    }
  }
}
