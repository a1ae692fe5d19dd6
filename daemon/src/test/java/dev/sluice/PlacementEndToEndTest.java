package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.config.Placement;
import dev.sluice.service.Labels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The main use case on every placement and layout, against the stand-in for the vendor's libraries:
 * one daemon whose devices 0 to 3 use one placement each.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class PlacementEndToEndTest {
  private static final List<String> LAYOUTS =
      List.of(
          "l2-2026.06/a2a3",
          "l2-2026.06/a5",
          "l2-2026.07/a2a3",
          "l2-2026.07/a5",
          "chip-2026.08/a2a3",
          "chip-2026.08/a5",
          "chip-2026.09/a2a3",
          "chip-2026.09/a5");

  /** Longer than any test: the producer runs until it is stopped. */
  private static final String NO_END_NS = "600000000000";

  private static TestDaemon daemon;

  @TempDir Path folder;

  @BeforeAll
  static void startDaemon() {
    daemon =
        TestDaemon.start(
            CannStandin.setting(),
            "sluice.placement.devices=1:host,2:device-mapped,3:device-copied");
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
    assertEquals(0, CannStandin.live(), "device memory, registrations, reservations");
    assertEquals(0, CannStandin.leaked(), "registrations of freed memory");
  }

  private static String[] arguments(Placement placement, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("--device", "" + placement.ordinal(), "--placements"));
    arguments.addAll(List.of(more));
    return arguments.toArray(new String[0]);
  }

  static Stream<Arguments> placementsAndLayouts() {
    return Stream.of(Placement.values())
        .flatMap(placement -> LAYOUTS.stream().map(layout -> Arguments.of(placement, layout)));
  }

  @ParameterizedTest
  @MethodSource("placementsAndLayouts")
  void shouldAccountForEveryRecord(Placement placement, String layout) throws Exception {
    String name = placement.label() + " " + layout;
    TestProducer.Report device =
        daemon.run(
            name,
            arguments(
                placement,
                "--layout",
                layout,
                "--cores",
                "4",
                "--aicpu-threads",
                "2",
                "--rate",
                "8000000",
                "--duration-ns",
                "150000000"));
    SessionView session = daemon.session(name);
    Law.assertExact(session, device);
    for (String kind : Labels.KINDS) {
      assertTrue(session.kind(kind).collected() > 0, kind + " was collected");
    }
    assertEquals(placement.isOnDevice() ? 1 : 0, CannStandin.calls("rtMalloc"));
    assertEquals(
        placement == Placement.DEVICE_MAPPED ? 1 : 0, CannStandin.calls("halHostRegister"));
  }

  /** Control words of a mapped device never go through the runtime's copy calls. */
  @Test
  void shouldWriteToAMappedDeviceByStoresAlone() throws Exception {
    runTasks("stores", Placement.DEVICE_MAPPED, 20_000);
    assertEquals(0, CannStandin.copies(true, false));
    assertEquals(0, CannStandin.copies(true, true));
  }

  /** Cost of a buffer where every access is a call: payload once, a bounded number of words. */
  @Test
  void shouldCopyEachPayloadByteOnce() throws Exception {
    // One core and one kind; AICore buffers of 1024 records.
    int tasks = 50 * 1024;
    SessionView session = runTasks("copies", Placement.DEVICE_COPIED, tasks);
    long payload = session.total().collected() * 32;
    // The host copies whole buffers; the last may hold fewer records.
    long copied = CannStandin.copiedBytes(false);
    assertTrue(copied >= payload && copied < payload * 3 / 2, copied + " bytes for " + payload);
    assertNotEquals(0, CannStandin.copies(true, false));
  }

  private SessionView runTasks(String name, Placement placement, int tasks) throws Exception {
    TestProducer.Report device =
        daemon.run(
            name,
            arguments(
                placement,
                "--level",
                "1",
                "--cores",
                "1",
                "--aicpu-threads",
                "1",
                "--layout",
                "chip-2026.08/a2a3",
                "--rate",
                "100000000",
                "--tasks",
                "" + tasks));
    SessionView session = daemon.session(name);
    Law.assertExact(session, device);
    return session;
  }

  @ParameterizedTest
  @CsvSource({
    "DEVICE_MAPPED, rtMalloc, 207001",
    "DEVICE_MAPPED, halHostRegister, 8",
    "DEVICE_COPIED, rtMalloc, 507899",
  })
  void shouldRefuseWithCallAndAdviceWhenNoRouteWorks(Placement placement, String call, int code)
      throws Exception {
    CannStandin.fail(call, 0, code);
    CannStandin.fail("aclrtMallocPhysical", 0, 207000);
    TestProducer.Report device = daemon.run("refused", arguments(placement));
    assertEquals(1, device.exitCode());
    assertTrue(
        device.errors().contains(call + " on device " + placement.ordinal()), device.errors());
    assertTrue(daemon.isHealthy());
  }

  @ParameterizedTest
  @EnumSource(names = {"DEVICE_MAPPED", "DEVICE_COPIED"})
  void shouldShareByHandleWhereKeysAreNotPossible(Placement placement) throws Exception {
    CannStandin.fail("aclrtIpcMemGetExportKey", 0, 507899);
    runTasks("handle " + placement, placement, 5_000);
    assertEquals(1, CannStandin.calls("aclrtMemExportToShareableHandle"));
  }

  /** The client undoes its partial setup, then reports the failure. */
  @ParameterizedTest
  @CsvSource({
    "HOST, aclrtHostRegister",
    "DEVICE_MAPPED, aclrtIpcMemImportByKey",
    "DEVICE_COPIED, aclrtMemImportFromShareableHandle",
    "DEVICE_COPIED, aclrtReserveMemAddress",
    "DEVICE_COPIED, aclrtMapMem",
    "DEVICE_COPIED, aclrtMemSetAccess",
  })
  void shouldEndTheSessionOfAClientThatCannotUseItsMemoryAtOnce(Placement placement, String call)
      throws Exception {
    if (placement == Placement.DEVICE_COPIED) {
      CannStandin.fail("aclrtIpcMemGetExportKey", 0, 507899);
    }
    Path log = folder.resolve("calls");
    TestProducer.Report device =
        daemon.run(
            Map.of("SLUICE_STANDIN_FAIL", call + ":1:507899", "SLUICE_STANDIN_LOG", log.toString()),
            call,
            arguments(placement));
    assertEquals(1, device.exitCode());
    assertTrue(device.errors().contains(call + " returned 507899"), device.errors());
    // No waiting needed: the session ended with the response to DETACH.
    String state = daemon.session(call).state();
    assertTrue(state.startsWith("ended (device lost: " + call), state);
    List<String> counts = Files.readAllLines(log);
    assertTrue(counts.stream().anyMatch(line -> line.endsWith(" live 0")), counts::toString);
    assertTrue(counts.stream().anyMatch(line -> line.endsWith(" leaked 0")), counts::toString);
  }

  @Test
  void shouldRefuseAClientThatKnowsMappedFilesOnly() throws Exception {
    TestProducer.Report device = daemon.run("old client", "--device", "3");
    assertEquals(1, device.exitCode());
    assertTrue(
        device.errors().contains("placement device-copied, which this client did not offer"),
        device.errors());
  }

  @Test
  void shouldEndTheSessionOfADeviceThatFailsAndNoOther() throws Exception {
    String[] load = {
      "--rate", "8000000", "--cores", "2", "--aicpu-threads", "1", "--duration-ns", NO_END_NS
    };
    try (TestProducer healthy = daemon.producer("healthy", load);
        TestProducer broken = daemon.producer("broken", arguments(Placement.DEVICE_COPIED, load))) {
      daemon.await("healthy", session -> session.total().collected() > 0);
      daemon.await("broken", session -> session.total().collected() > 0);
      CannStandin.fail("rtMemcpy", 0, 507899);
      daemon.await(
          "broken", session -> session.state().startsWith("ended (device failed: rtMemcpy"));
      assertEquals("running", daemon.session("healthy").state());
      CannStandin.reset();
      // The client gets the reason; its memory is released after it has gone.
      TestProducer.Report told = broken.await();
      assertTrue(
          told.errors().contains("the daemon ended the session: device failed: "), told.errors());
      Await.until(() -> CannStandin.live() == 0, () -> "live: " + CannStandin.live());
      healthy.stop();
      TestProducer.Report device = healthy.await();
      Law.assertExact(daemon.session("healthy"), device);
    }
  }
}
