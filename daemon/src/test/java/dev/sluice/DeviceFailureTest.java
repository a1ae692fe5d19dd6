package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.config.Placement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Devices that are reset, unplugged, busy, or visible under another number, against the stand-in
 * for the vendor's libraries. Devices 0 to 3 use one placement each; a concurrent session of device
 * 0 must not notice any fault.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class DeviceFailureTest {
  private static final int RESET = 507000;

  @TempDir private static Path nodes;
  private static TestDaemon daemon;

  private TestProducer bystander;

  @BeforeAll
  static void startDaemon() throws IOException {
    for (Placement placement : Placement.values()) {
      Files.createFile(node(placement));
    }
    daemon =
        TestDaemon.start(
            CannStandin.setting(),
            "sluice.cann.device-nodes=" + nodes,
            "sluice.cann.probe-interval=20ms",
            "sluice.placement.devices=1:host,2:device-mapped,3:device-copied");
  }

  @AfterAll
  static void stopDaemon() {
    daemon.close();
  }

  private static Path node(Placement placement) {
    return nodes.resolve("davinci" + placement.ordinal());
  }

  @BeforeEach
  void startTheBystander() throws Exception {
    CannStandin.reset();
    bystander =
        daemon.producer(
            "bystander " + System.nanoTime(),
            "--rate",
            "8000000",
            "--cores",
            "2",
            "--aicpu-threads",
            "1");
    daemon.await(bystander.name(), session -> session.total().collected() > 0);
  }

  @AfterEach
  void shouldNotHaveTouchedTheBystander() throws Exception {
    CannStandin.reset();
    bystander.stop();
    TestProducer.Report device = bystander.await();
    bystander.close();
    Law.assertExact(daemon.session(bystander.name()), device);
    Await.until(() -> CannStandin.live() == 0, () -> "live: " + CannStandin.live());
    assertEquals(0, CannStandin.leaked(), "registrations of freed memory");
    assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
  }

  private static String[] arguments(Placement placement, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--device", "" + placement.ordinal(), "--placements", "--cores", "2"));
    arguments.addAll(List.of("--aicpu-threads", "1"));
    arguments.addAll(List.of(more));
    return arguments.toArray(new String[0]);
  }

  private static double up(Placement placement) throws IOException {
    return daemon.metric("sluice_device_up{device=\"" + placement.ordinal() + "\"}");
  }

  /**
   * Asserts that the session ended for this cause, that no client can attach, and that the books
   * balance.
   */
  private static void assertDown(Placement placement, String name, String cause) throws Exception {
    SessionView session =
        daemon.await(name, seen -> seen.state().startsWith("ended (device failed: " + cause));
    assertEquals(0, up(placement), "sluice_device_up");
    assertTrue(daemon.get("/api/v1/status").contains("\"devices_down\":[{\"device\":"), "status");
    TestProducer.Report refused = daemon.run("too early " + name, arguments(placement));
    assertEquals(1, refused.exitCode());
    assertTrue(
        refused
            .errors()
            .contains(
                "device " + placement.ordinal() + " is down, try again later: " + start(cause)),
        refused.errors());
    Law.assertBalanced(session);
    assertEquals(0, session.mismatched(), "no old content was taken for new");
    assertEquals(0, session.violationsInAll(), () -> "violations: " + session);
  }

  /** Returns the part of the cause that fits into an attach response. */
  private static String start(String cause) {
    return cause.substring(0, Math.min(40, cause.length()));
  }

  /** Asserts that the device recovers without a restart and serves a session with exact books. */
  private static void assertBack(Placement placement, String name) throws Exception {
    Await.until(() -> up(placement) == 1, () -> "the device does not come back");
    TestProducer.Report device =
        daemon.run(name, arguments(placement, "--rate", "8000000", "--duration-ns", "50000000"));
    Law.assertExact(daemon.session(name), device);
    assertTrue(daemon.get("/api/v1/status").contains("\"devices_down\":[]"), "status");
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE_MAPPED", "DEVICE_COPIED"})
  void shouldEndTheSessionsOfADeviceThatIsResetAndTakeNewOnesWhenItIsBack(Placement placement)
      throws Exception {
    String name = "reset " + placement;
    try (TestProducer producer =
        daemon.producer(name, arguments(placement, "--rate", "40000000"))) {
      daemon.await(name, session -> session.total().collected() > 0);
      assertEquals(1, up(placement));
      CannStandin.breakDevice(placement.ordinal(), RESET);
      assertDown(placement, name, "rtMemcpy on device " + placement.ordinal() + " returned 507000");
      TestProducer.Report told = producer.await();
      assertTrue(
          told.errors().contains("the daemon ended the session: device failed: "), told.errors());
    }
    CannStandin.breakDevice(placement.ordinal(), 0);
    assertBack(placement, "back " + placement);
  }

  /** A failure may hit at any copy: what was not read is in flight, never stale content. */
  @Test
  void shouldTakeNoOldContentForNewWheneverADeviceFails() throws Exception {
    for (int nth = 400; nth < 6_000; nth += 700) {
      String name = "at copy " + nth;
      try (TestProducer producer =
          daemon.producer(name, arguments(Placement.DEVICE_COPIED, "--rate", "200000000"))) {
        CannStandin.failOn("rtMemcpy", 3, nth, RESET);
        SessionView session = daemon.await(name, SessionView::isEnded);
        assertTrue(session.state().contains("device failed: rtMemcpy"), session.state());
        Law.assertBalanced(session);
        assertEquals(0, session.mismatched(), () -> "old content: " + session);
        assertEquals(0, session.violationsInAll(), () -> "violations: " + session);
        producer.await();
      }
      Await.until(() -> up(Placement.DEVICE_COPIED) == 1, () -> "not back after " + name);
    }
  }

  @Test
  void shouldLeaveTheMemoryOfAFailedDeviceAlone() throws Exception {
    String name = "left alone";
    try (TestProducer producer =
        daemon.producer(name, arguments(Placement.DEVICE_COPIED, "--rate", "8000000"))) {
      daemon.await(name, session -> session.total().collected() > 0);
      // A single failure abandons the arena, even if the next call would succeed.
      CannStandin.failOn("rtMemcpy", 3, 1, RESET);
      daemon.await(name, SessionView::isEnded);
      long copies = CannStandin.copiesOf(3);
      long calls = CannStandin.calls("rtMemcpy");
      for (int i = 0; i < 3; i++) {
        daemon.get("/metrics");
        daemon.get("/api/v1/status");
      }
      producer.await();
      assertEquals(copies, CannStandin.copiesOf(3));
      assertEquals(calls, CannStandin.calls("rtMemcpy"));
    }
    assertBack(Placement.DEVICE_COPIED, "after one failure");
  }

  @ParameterizedTest
  @EnumSource(names = {"HOST", "DEVICE_MAPPED", "DEVICE_COPIED"})
  void shouldEndTheSessionsOfADeviceWhoseNodeGoesAway(Placement placement) throws Exception {
    String name = "unplugged " + placement;
    try (TestProducer producer = daemon.producer(name, arguments(placement, "--rate", "8000000"))) {
      daemon.await(name, session -> session.total().collected() > 0);
      Files.delete(node(placement));
      assertDown(placement, name, node(placement) + " is gone: the device was unplugged");
      producer.await();
    } finally {
      Files.createFile(node(placement));
    }
    assertBack(placement, "plugged in " + placement);
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE_MAPPED", "DEVICE_COPIED"})
  void shouldSalvageWhatARuntimeHoldsThatDiesWithItsImport(Placement placement) throws Exception {
    String name = "killed " + placement;
    try (TestProducer producer = daemon.producer(name, arguments(placement, "--rate", "8000000"))) {
      daemon.await(name, session -> session.total().collected() > 0);
      producer.kill();
      producer.await();
    }
    SessionView session = daemon.await(name, SessionView::isEnded);
    assertEquals("ended (producer died)", session.state());
    Law.assertBalanced(session);
    Law.assertContentIsTrue(session);
    assertEquals(0, session.total().inFlight());
    assertEquals(1, up(placement), "the device itself is well");
  }

  @Test
  void shouldSayOfABusyDeviceThatItIsWorthTryingAgain() throws Exception {
    CannStandin.fail("halHostRegister", 0, 13);
    TestProducer.Report refused = daemon.run("busy", arguments(Placement.DEVICE_MAPPED));
    assertEquals(1, refused.exitCode());
    assertTrue(
        refused.errors().contains("halHostRegister on device 2 returned 13 (DRV_ERROR_BUSY)"),
        refused.errors());
    assertTrue(daemon.metric("sluice_attach_failures_total{reason=\"busy\"}") > 0, "counted so");
    assertTrue(
        daemon.get("/api/v1/status").contains("\"devices_down\":[]"), "a refusal, no failure");
  }

  /** The runtime renumbers its devices; the client reports the host's device number. */
  @Test
  void shouldServeARuntimeThatSeesItsDeviceUnderAnotherNumber() throws Exception {
    for (String route : List.of("ipc-key", "shareable-handle")) {
      String name = "renumbered " + route;
      if (route.equals("shareable-handle")) {
        CannStandin.fail("aclrtIpcMemGetExportKey", 0, 507899);
      }
      try (TestProducer producer =
          daemon.producer(
              Map.of("ASCEND_RT_VISIBLE_DEVICES", "7,3"),
              name,
              arguments(
                  Placement.DEVICE_COPIED, "--rate", "8000000", "--duration-ns", "50000000"))) {
        TestProducer.Report device = producer.await();
        SessionView session = daemon.session(name);
        Law.assertExact(session, device);
        assertEquals("device-copied", session.json().get("placement"));
        assertEquals(route, session.json().get("route"));
      }
    }
    try (TestProducer producer =
        daemon.producer(
            Map.of("ASCEND_RT_VISIBLE_DEVICES", "0,1"),
            "not visible",
            arguments(Placement.DEVICE_COPIED))) {
      TestProducer.Report refused = producer.await();
      assertEquals(1, refused.exitCode());
      assertTrue(
          refused.errors().contains("device 3 is not in ASCEND_RT_VISIBLE_DEVICES=0,1"),
          refused.errors());
    }
  }

  /** An older version of the libraries, which lacks some symbols. */
  @Test
  void shouldRefuseWithWhatTheLibrariesLackAndServeTheOthers(@TempDir Path folder)
      throws Exception {
    for (String name : List.of("libruntime.so", "libascend_hal.so", "libascendcl.so")) {
      Files.copy(CannStandin.FOLDER.resolve("libcann_standin.so"), folder.resolve(name));
    }
    try (TestDaemon old =
        TestDaemon.start(
            "sluice.cann.directory=" + folder, "sluice.placement.devices=2:device-mapped")) {
      TestProducer.Report refused = old.run("old library", arguments(Placement.DEVICE_MAPPED));
      assertEquals(1, refused.exitCode());
      assertTrue(
          refused.errors().contains("device-mapped needs the CANN libraries: libruntime.so lacks"),
          refused.errors());
      TestProducer.Report served =
          old.run(
              "sim", arguments(Placement.SIM, "--rate", "8000000", "--duration-ns", "50000000"));
      Law.assertExact(old.session("sim"), served);
    }
  }
}
