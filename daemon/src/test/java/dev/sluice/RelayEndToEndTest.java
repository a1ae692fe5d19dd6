package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.config.Placement;
import dev.sluice.service.Labels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The last resort: a thread of the producer's process carries records over from memory of the
 * stand-in's device, and the daemon sees an ordinary session.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class RelayEndToEndTest {
  private static final int SIGKILL_EXIT_CODE = 137;
  private static final int RELAYED = 1;
  private static final int HOST = 2;
  private static final int MAPPED = 3;
  private static final int COPIED = 4;

  private static TestDaemon daemon;

  @TempDir Path folder;

  @BeforeAll
  static void startDaemon() {
    daemon =
        TestDaemon.start(
            CannStandin.setting(),
            "sluice.placement.devices=1:relay,2:host,3:device-mapped,4:device-copied");
  }

  @AfterAll
  static void stopDaemon() {
    daemon.close();
  }

  @BeforeEach
  void forgetWhatOthersDid() {
    CannStandin.reset();
  }

  @AfterEach
  void shouldHaveGivenEverythingBack() {
    assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
    assertEquals(0, CannStandin.live(), "device memory in the daemon");
  }

  /** What the stand-in is in the producer's process: the board, and which of its calls fail. */
  private Map<String, String> board(String layout, String... failures) {
    Map<String, String> environment = new HashMap<>();
    environment.put("SLUICE_STANDIN_DEVICE", "here");
    environment.put("SLUICE_STANDIN_BOARD", layout.endsWith("a5") ? "a5" : "a2a3");
    environment.put("SLUICE_STANDIN_FAIL", String.join(",", failures));
    environment.put("SLUICE_STANDIN_LOG", folder.resolve("calls").toString());
    return environment;
  }

  private static String[] arguments(int device, String layout, String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--device", "" + device, "--layout", layout));
    arguments.addAll(List.of("--cores", "4", "--aicpu-threads", "2"));
    arguments.addAll(List.of(more));
    return arguments.toArray(new String[0]);
  }

  /** What the producer's process asked of the stand-in; all that it took it has given back. */
  private Map<String, Long> calls() throws Exception {
    Map<String, Long> calls = new HashMap<>();
    for (String line : Files.readAllLines(folder.resolve("calls"))) {
      String[] words = line.split(" ", -1);
      calls.put(words[1], Long.parseLong(words[2]));
    }
    assertEquals(0, calls.get("live"), "device memory in the producer");
    assertEquals(0, calls.get("leaked"), "registrations of freed memory");
    return calls;
  }

  private static void assertRelayed(SessionView session, String because) throws Exception {
    assertEquals("relay", session.placement());
    assertTrue(session.notice().contains("the last resort (" + because), session.notice());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "l2-2026.06/a2a3",
        "l2-2026.06/a5",
        "l2-2026.07/a2a3",
        "l2-2026.07/a5",
        "chip-2026.08/a2a3",
        "chip-2026.08/a5"
      })
  void shouldAccountForEveryRecord(String layout) throws Exception {
    TestProducer.Report device =
        daemon.run(
            board(layout),
            layout,
            arguments(
                RELAYED, layout, "--relay", "--rate", "8000000", "--duration-ns", "150000000"));
    SessionView session = daemon.session(layout);
    Law.assertExact(session, device);
    for (String kind : Labels.KINDS) {
      assertTrue(session.kind(kind).collected() > 0, kind + " was collected");
    }
    assertRelayed(session, "as configured");
    Map<String, Long> calls = calls();
    assertEquals(1, calls.get("rtMalloc"));
    // Never by the runtime's copies what is mapped: the AICPU's cache is not coherent with those.
    boolean isMapped = layout.endsWith("a2a3");
    assertEquals(isMapped, calls.containsKey("halHostRegister"));
    assertEquals(!isMapped, calls.containsKey("rtMemcpy"));
  }

  /** What a buffer costs where every access is a call. */
  @Test
  void shouldCopyEachPayloadByteOnceAndBoundTheRest() throws Exception {
    TestProducer.Report device =
        daemon.run(
            board("chip-2026.08/a5"),
            "copies",
            "--device",
            "" + RELAYED,
            "--layout",
            "chip-2026.08/a5",
            "--relay",
            "--level",
            "1",
            "--cores",
            "1",
            "--aicpu-threads",
            "1",
            "--rate",
            "30000000",
            "--tasks",
            "" + 50 * 1024);
    SessionView session = daemon.session("copies");
    Law.assertExact(session, device);
    Map<String, Long> calls = calls();
    long buffers = device.relay("buffers");
    long looks = device.relay("looks");
    long sweeps = device.relay("sweeps");
    assertTrue(buffers >= 50 && buffers <= 52, buffers + " buffers for 50 full ones");
    long payload = session.total().collected() * 32;
    long leftovers = device.relay("leftovers");
    assertTrue(leftovers <= 2, leftovers + " buffers of a core that were not published");
    assertTrue(
        device.relay("payload_bytes") <= payload + (leftovers + 1) * 32 * 1024 + buffers * 4,
        "payload");
    // Beside one copy per payload: a look at the tails each, two per sweep (pools and header), and
    // for a buffer its entry, its pool's heads and, twice, whether the next one has been taken.
    long wide = calls.get("copies.wide.from_device");
    assertTrue(
        wide <= buffers + leftovers + 2 * sweeps, wide + " wide copies, " + sweeps + " sweeps");
    long narrow = calls.get("copies.narrow.from_device") - looks;
    assertTrue(narrow <= 7 * buffers + 50, narrow + " narrow copies from the device");
    // Head, count, slot and tail; and what was lent before the launch.
    long stores = calls.get("copies.narrow.to_device");
    assertTrue(stores <= 4 * buffers + 50, stores + " narrow copies to the device");
  }

  /** The library tries what is configured; what cannot be used is given back at once. */
  @ParameterizedTest
  @CsvSource({
    HOST + ", l2-2026.07/a2a3, aclrtHostRegister, 207001",
    MAPPED + ", chip-2026.08/a2a3, aclrtIpcMemImportByKey, 507899",
    COPIED + ", chip-2026.08/a5, aclrtIpcMemImportByKey, 507899",
  })
  void shouldRelayWhereAPlacementFailsInTheClient(int at, String layout, String call, int code)
      throws Exception {
    String name = "fallback of device " + at;
    TestProducer.Report device =
        daemon.run(
            board(layout, call + ":0:" + code),
            name,
            arguments(
                at, layout, "--placements", "--relay", "--rate", "8000000", "--tasks", "20000"));
    SessionView session = daemon.session(name);
    Law.assertExact(session, device);
    assertRelayed(
        session, "placement " + Placement.values()[at - 1].label() + " failed in the client");
    List<SessionView> both =
        daemon.sessions().stream().filter(s -> s.json().get("name").equals(name)).toList();
    assertEquals(2, both.size());
    String state = both.get(1).state();
    assertTrue(state.startsWith("ended (device lost: " + call + " returned " + code), state);
    calls();
  }

  @Test
  void shouldRelayWhereTheDaemonCannotShare() throws Exception {
    CannStandin.fail("aclrtIpcMemGetExportKey", 0, 507899);
    CannStandin.fail("aclrtMallocPhysical", 0, 207000);
    TestProducer.Report device =
        daemon.run(
            board("l2-2026.06/a2a3"),
            "no route",
            arguments(
                MAPPED,
                "l2-2026.06/a2a3",
                "--placements",
                "--relay",
                "--rate",
                "8000000",
                "--tasks",
                "20000"));
    SessionView session = daemon.session("no route");
    Law.assertExact(session, device);
    assertRelayed(session, "aclrtIpcMemGetExportKey on device " + MAPPED);
    assertTrue(
        !daemon.logged(Level.INFO, "relayed by the runtime process").isEmpty(), "in the log");
  }

  /** Without the relay a client that cannot import tells the daemon, too (abi.md 5.5). */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "aclrtIpcMemImportByKey",
        "aclrtMemImportFromShareableHandle",
        "aclrtReserveMemAddress",
        "aclrtMapMem",
        "aclrtMemSetAccess"
      })
  void shouldEndTheSessionOfAClientThatCannotImportAtOnce(String call) throws Exception {
    if (!call.equals("aclrtIpcMemImportByKey")) {
      CannStandin.fail("aclrtIpcMemGetExportKey", 0, 507899);
    }
    TestProducer.Report device =
        daemon.run(
            board("chip-2026.08/a5", call + ":1:507899"),
            call,
            arguments(COPIED, "chip-2026.08/a5", "--placements"));
    assertEquals(1, device.exitCode());
    assertTrue(device.errors().contains(call + " returned 507899"), device.errors());
    // No waiting: the answer to its DETACH was the end of the session.
    String state = daemon.session(call).state();
    assertTrue(state.startsWith("ended (device lost: " + call), state);
    assertEquals(0, CannStandin.live());
    calls();
  }

  @ParameterizedTest
  @CsvSource({
    "l2-2026.07/a2a3, rtMalloc, 207001, no memory",
    "l2-2026.07/a2a3, halHostRegister, 8, mapped already",
    "l2-2026.07/a5, rtMalloc, 507899, not possible",
    "l2-2026.07/a5, rtMemcpy, 507899, not possible",
    "l2-2026.07/a5, rtSetDevice, 107001, rtSetDevice",
  })
  void shouldSayWhyEvenTheLastResortIsNone(String layout, String call, int code, String meaning)
      throws Exception {
    String name = "none " + call + " " + layout;
    TestProducer.Report device =
        daemon.run(board(layout, call + ":0:" + code), name, arguments(RELAYED, layout, "--relay"));
    assertEquals(1, device.exitCode());
    assertTrue(device.errors().contains(call + " returned " + code), device.errors());
    assertTrue(device.errors().contains(meaning), device.errors());
    assertEquals(1, device.errors().lines().count(), device.errors());
    String state = daemon.session(name).state();
    assertTrue(state.startsWith("ended (device lost: " + call), state);
    calls();
  }

  @Test
  void shouldEndTheSessionOfADeviceThatFailsInMidRunAndNoOther() throws Exception {
    try (TestProducer healthy =
        daemon.producer(
            "healthy",
            "--rate",
            "8000000",
            "--duration-ns",
            "60000000000",
            "--cores",
            "2",
            "--aicpu-threads",
            "1")) {
      daemon.await("healthy", session -> session.total().collected() > 0);
      TestProducer.Report told =
          daemon.run(
              board("l2-2026.07/a5", "rtMemcpy:6000:507899"),
              "broken",
              arguments(RELAYED, "l2-2026.07/a5", "--relay", "--rate", "50000000"));
      assertEquals(1, told.exitCode());
      assertTrue(
          told.errors().contains("the relay has lost the device: rtMemcpy returned 507899"),
          told.errors());
      SessionView session = daemon.session("broken");
      assertTrue(
          session.state().startsWith("ended (device lost: rtMemcpy returned 507899"),
          session.state());
      assertLostWithItsMemory(session);
      calls();
      assertEquals("running", daemon.session("healthy").state());
      healthy.stop();
      TestProducer.Report device = healthy.await();
      Law.assertExact(daemon.session("healthy"), device);
    }
  }

  /**
   * What had been carried over is collected; what was on the device went with it, and is counted.
   */
  private static void assertLostWithItsMemory(SessionView session) throws Exception {
    assertTrue(session.total().collected() > 0, session::toString);
    assertTrue(session.total().dropped("producer_died") > 0, session::toString);
    Law.assertBalanced(session);
    Law.assertContentIsTrue(session);
    assertEquals(0, session.violationsInAll(), session::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"l2-2026.06/a2a3", "l2-2026.07/a5", "chip-2026.08/a5"})
  void shouldAccountForWhatDiedWithTheRuntimeProcess(String layout) throws Exception {
    String name = "killed " + layout;
    try (TestProducer producer =
        daemon.producer(
            board(layout),
            name,
            arguments(
                RELAYED,
                layout,
                "--relay",
                "--rate",
                "50000000",
                "--duration-ns",
                "60000000000"))) {
      daemon.await(name, session -> session.total().collected() > 100_000);
      producer.kill();
      assertEquals(SIGKILL_EXIT_CODE, producer.await().exitCode());
    }
    SessionView session = daemon.await(name, SessionView::isEnded);
    assertEquals("ended (producer died)", session.state());
    assertLostWithItsMemory(session);
  }

  /** The daemon judges what the relay cannot make sense of: it is passed on, and counted there. */
  @ParameterizedTest
  @CsvSource({
    "l2-2026.07/a2a3, foreign-pointer",
    "l2-2026.07/a5, misaligned-pointer",
    "l2-2026.07/a2a3, repeated-pointer",
    "l2-2026.07/a5, bad-kind",
    "l2-2026.07/a2a3, bad-core-index",
    "l2-2026.07/a5, count-overflow",
    "l2-2026.06/a5, torn-entry",
  })
  void shouldPassOnWhatADeviceThatLiesWrites(String layout, String fault) throws Exception {
    TestProducer.Report device =
        daemon.run(
            board(layout),
            fault,
            arguments(
                RELAYED,
                layout,
                "--relay",
                "--rate",
                "50000000",
                "--duration-ns",
                "200000000",
                "--misbehave",
                fault));
    assertEquals(0, device.exitCode(), device.errors());
    assertTrue(device.injected(fault) > 0, "injected");
    SessionView session = daemon.session(fault);
    assertEquals("ended (detached)", session.state());
    if (!fault.equals("torn-entry")) {
      assertTrue(session.violationsInAll() > 0, session::toString);
    }
    assertEquals(0, session.mismatched(), session::toString);
    assertTrue(session.total().collected() > 0, session::toString);
    calls();
  }

  @Test
  void shouldKeepADeviceGoingWhileTheDaemonIsDead() throws Exception {
    TestDaemon first = TestDaemon.start(CannStandin.setting(), "sluice.placement.default=relay");
    try (TestProducer producer =
        first.producer(
            board("chip-2026.08/a5"),
            "orphan",
            arguments(
                0,
                "chip-2026.08/a5",
                "--relay",
                "--rate",
                "50000000",
                "--duration-ns",
                "700000000",
                "--guard-ms",
                "30"))) {
      first.await("orphan", session -> session.total().collected() > 0);
      first.close();
      TestProducer.Report device = producer.await();
      // The guard recycles the arena, the relay the device; so the workload goes on to its end, and
      // only the books are gone.
      assertEquals(1, device.exitCode(), device::errors);
      assertTrue(device.json().get("duration_seconds") instanceof Double d && d >= 0.7);
      assertTrue(device.guardLost() > 0, device.output());
      calls();
    } finally {
      first.close();
    }
  }

  @Test
  void shouldRefuseAClientThatCannotRelay() throws Exception {
    TestProducer.Report device =
        daemon.run(
            board("l2-2026.07/a2a3"),
            "old client",
            arguments(RELAYED, "l2-2026.07/a2a3", "--placements"));
    assertEquals(1, device.exitCode());
    assertTrue(
        device.errors().contains("placement relay, which this client did not offer"),
        device.errors());
  }

  @Test
  void shouldNotRelayForADeviceThatIsNone() throws Exception {
    TestProducer.Report device =
        daemon.run(board("l2-2026.07/a2a3"), "sim", arguments(0, "l2-2026.07/a2a3", "--relay"));
    assertEquals(1, device.exitCode());
    assertTrue(
        device.errors().contains("placement sim, which this client did not offer"),
        device.errors());
  }
}
