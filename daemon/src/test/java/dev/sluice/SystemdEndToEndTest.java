package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.service.systemd.Manager;
import dev.sluice.service.transport.EventLoops;
import dev.sluice.tool.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole daemon and the datagrams that it sends to a service manager. */
@ExtendWith(FailureDump.class)
@Timeout(60)
class SystemdEndToEndTest {
  private Path folder;
  private EventLoops loops;
  private Manager manager;

  @BeforeEach
  void listen() {
    folder = TestDaemon.newFolder();
    loops = new EventLoops(1);
    manager = new Manager(loops, folder.resolve("notify").toString());
  }

  @AfterEach
  void stopListening() throws Exception {
    manager.close();
    loops.close();
    Files.deleteIfExists(folder.resolve("notify"));
    TestDaemon.delete(folder);
  }

  private Map<String, String> environment() {
    return Map.of("NOTIFY_SOCKET", folder.resolve("notify").toString(), "WATCHDOG_USEC", "2000000");
  }

  @Test
  void shouldBeReadyWhenItServesAndSayWhatItDoes() throws Exception {
    TestDaemon daemon = TestDaemon.startAsService(environment());
    try {
      assertEquals(
          "READY=1\nSTATUS=0 sessions on 0 devices, 0 records dropped, 0 unaccounted\n",
          manager.next("READY=1"));
      assertTrue(Files.exists(daemon.attachSocket()), "ready, so the socket is there");
      assertEquals("ready", daemon.get("/-/ready").strip());
      manager.next("WATCHDOG=1");
      daemon.control("POST", "/v1/reload");
      assertTrue(manager.next("RELOADING=1").contains("\nMONOTONIC_USEC="));
      assertEquals("READY=1\nSTATUS=reloaded, nothing has changed\n", manager.next("READY=1"));
      try (TestProducer producer = daemon.producer("one", "--duration-ns", "60000000000")) {
        daemon.await("one", session -> session.total().collected() > 0);
        String status = manager.next("STATUS=1 session on 1 device");
        assertTrue(status.contains(", nearest ceiling "), status);
        producer.stop();
        producer.await();
      }
    } finally {
      daemon.close();
    }
    assertTrue(manager.next("STOPPING=1").contains("draining"));
  }

  /** The main process of the unit is the JVM itself, and it announces the stop. */
  @Test
  void shouldNotifyFromAProcessOfItsOwn() throws Exception {
    String variable = "NOTIFY_SOCKET=" + folder.resolve("notify") + "; export NOTIFY_SOCKET;";
    try (DaemonProcess daemon = DaemonProcess.start(variable, folder).awaitReady()) {
      manager.next("READY=1");
      assertEquals(0, daemon.terminate(), daemon::output);
      manager.next("STOPPING=1");
    }
  }

  /** Health, readiness, page, metrics, log and watchdog name the stalled agent, and no other. */
  @ParameterizedTest
  @ValueSource(strings = {"drain", "refill", "collector", "janitor"})
  void shouldNameTheAgentThatIsBlocked(String agent) throws Exception {
    Map<String, String> watched =
        Map.of("NOTIFY_SOCKET", environment().get("NOTIFY_SOCKET"), "WATCHDOG_USEC", "400000");
    String labels = "{agent=\"" + agent + "\"}";
    try (TestDaemon daemon = TestDaemon.startAsService(watched, "sluice.threading=dedicated");
        TestProducer producer = daemon.producer("held", "--duration-ns", "60000000000")) {
      daemon.await("held", session -> session.total().collected() > 0);
      manager.next("WATCHDOG=1");
      AgentBlock block = daemon.block(agent);
      try {
        Await.until(
            () -> !daemon.logged(Level.ERROR, "watchdog ping withheld").isEmpty(),
            () -> "the watchdog was not withheld");
        assertEquals(
            "ERROR watchdog ping withheld: agents ["
                + agent
                + "] stalled; systemd will restart the service",
            daemon.logged(Level.ERROR, "watchdog ping withheld").get(0));
        assertEquals("stalled: " + agent, daemon.get("/-/healthy").strip());
        assertEquals(
            List.of("agent " + agent + " is stalled"),
            Json.parse(daemon.get("/-/ready"), "/-/ready").get("reasons"));
        Await.until(
            () -> stalled(daemon.liveFrame()).equals(List.of(agent)),
            () -> "the page does not name it");
        double lastProgress =
            daemon.metric("sluice_agent_last_progress_timestamp_seconds" + labels);
        assertTrue(lastProgress < System.currentTimeMillis() / 1e3 - 1, "progress");
        manager.clear(); // one may have been in flight when the agent stalled
        assertFalse(manager.hearsWithin(1_000, "WATCHDOG=1"), "a ping of a stuck daemon");
      } finally {
        block.release();
      }
      manager.next("WATCHDOG=1");
      Await.until(
          () -> daemon.metric("sluice_agent_stalls_total" + labels) > 0, () -> "not counted");
      Await.until(daemon::isHealthy, () -> "still not healthy");
      producer.stop();
      TestProducer.Report device = producer.await();
      Law.assertExact(daemon.session("held"), device);
    }
  }

  private static List<Object> stalled(Map<String, Object> frame) throws Exception {
    return Json.objects(frame, "agents").stream()
        .filter(agent -> Boolean.FALSE.equals(agent.get("healthy")))
        .map(agent -> agent.get("name"))
        .toList();
  }

  /** A hung device ends its own sessions only: no restart, and the others continue. */
  @Test
  void shouldKeepTheServiceAliveWhenADeviceHangs() throws Exception {
    CannStandin.reset();
    try (TestDaemon daemon =
            TestDaemon.startAsService(
                environment(),
                CannStandin.setting(),
                "sluice.cann.probe-interval=20ms",
                "sluice.placement.devices=3:device-copied");
        TestProducer other =
            daemon.producer("other", "--rate", "8000000", "--duration-ns", "60000000000");
        TestProducer hung =
            daemon.producer(
                "hung",
                "--device",
                "3",
                "--placements",
                "--rate",
                "8000000",
                "--duration-ns",
                "60000000000")) {
      daemon.await("other", session -> session.total().collected() > 0);
      daemon.await("hung", session -> session.total().collected() > 0);
      assertEquals(0, daemon.metric("sluice_abandoned_threads"));
      long live = CannStandin.live();
      CannStandin.hang(3, true);
      daemon.await("hung", session -> session.state().startsWith("failed (device failed: "));
      manager.clear();
      manager.next("WATCHDOG=1");
      assertEquals(List.of(), daemon.logged(Level.ERROR, "watchdog ping withheld"));
      assertEquals(
          "healthy, but device 3 is down: a call to the device hangs; check the device log",
          daemon.get("/-/healthy").strip());
      assertEquals("ready", daemon.get("/-/ready").strip());
      assertTrue(daemon.metric("sluice_abandoned_threads") > 0, "threads");
      assertEquals(0, daemon.metric("sluice_device_up{device=\"3\"}"));
      assertEquals(live, CannStandin.live(), "its memory stays");
      long collected = daemon.session("other").total().collected();
      daemon.await("other", session -> session.total().collected() > collected);
      hung.kill();
      hung.await();
      CannStandin.hang(3, false);
      Await.until(() -> CannStandin.live() == 0, () -> "live: " + CannStandin.live());
      Await.until(
          () -> daemon.metric("sluice_abandoned_threads") == 0, () -> "threads are not back");
      other.stop();
      TestProducer.Report device = other.await();
      Law.assertExact(daemon.session("other"), device);
    } finally {
      CannStandin.hang(3, false);
    }
  }
}
