package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.MappedMemory;
import dev.sluice.session.run.PlayedDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Session lifecycle: several on a device, several runs in one, lost and resumed connections. */
@ExtendWith(FailureDump.class)
@Timeout(60)
class SessionsTest {
  private static final long ARENA_LIMIT = 1L << 30;

  private static TestDaemon daemon;

  @BeforeAll
  static void startDaemon() {
    daemon = TestDaemon.start();
  }

  @AfterAll
  static void stopDaemon() {
    daemon.close();
  }

  private static Geometry smallGeometry(String layout) {
    return new Geometry(Layout.parse(layout), 3, 1, 1, 4);
  }

  private static PlayedDevice device(NativeClient client, Geometry geometry) throws Exception {
    ArenaPlan plan = ArenaPlan.of(geometry, new BufferCounts(0, 0, 0, 0), ARENA_LIMIT);
    return new PlayedDevice(new MappedMemory(client.memory()), plan, client.base(), 1);
  }

  @Test
  void shouldAddUpTheSessionsOfADevice() throws Exception {
    List<TestProducer> producers = new ArrayList<>();
    try {
      for (String name : List.of("left", "right")) {
        producers.add(
            daemon.producer(
                name, "--device", "5", "--rate", "20000000", "--duration-ns", "60000000000"));
      }
      daemon.await("left", session -> session.total().collected() > 0);
      daemon.await("right", session -> session.total().collected() > 0);
      assertEquals(2, daemon.metric("sluice_sessions{device=\"5\"}"));
      assertEquals(1, daemon.metric("sluice_device_up{device=\"5\"}"));
      producers.forEach(TestProducer::stop);
      long produced = 0;
      for (TestProducer producer : producers) {
        TestProducer.Report device = producer.await();
        Law.assertExact(daemon.session(producer.name()), device);
        produced += device.kind("orch_phase", "produced");
      }
      assertEquals(0, daemon.metric("sluice_sessions{device=\"5\"}"));
      assertEquals(1, daemon.metric("sluice_device_up{device=\"5\"}"));
      assertEquals(
          produced, daemon.metric("sluice_device_records_total{device=\"5\",kind=\"orch_phase\"}"));
    } finally {
      for (TestProducer producer : producers) {
        producer.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"l2-2026.06/a2a3", "l2-2026.07/a5", "chip-2026.08/a2a3"})
  void shouldRunADeviceSeveralTimesInOneSession(String layout) throws Exception {
    Geometry geometry = smallGeometry(layout);
    String name = "three runs " + layout;
    long inAll = 0;
    try (NativeClient client = new NativeClient(daemon, name, 0, geometry)) {
      for (int run = 1; run <= 3; run++) {
        client.start();
        PlayedDevice device = device(client, geometry);
        int published = 0;
        while (published < 100 * run) {
          published += device.publishAll();
        }
        client.runEnd();
        assertTrue(client.produced() > 0);
        assertEquals(client.produced(), client.collected(), "run " + run);
        inAll += client.produced();
        assertEquals("settled", daemon.session(name).state());
        assertEquals(inAll, daemon.session(name).total().collected(), "after run " + run);
      }
      client.detach();
      assertEquals(0, client.produced(), "no run was open at detach");
    }
    SessionView session = daemon.session(name);
    assertEquals("ended (detached)", session.state());
    assertEquals(inAll, session.total().produced());
    Law.assertBalanced(session);
    assertEquals(0, session.violationsInAll());
  }

  @Test
  void shouldRefuseWhatIsNotLegalNow() throws Exception {
    try (RawAttach client = new RawAttach(daemon)) {
      byte[] token = RawAttach.token(client.ask(RawAttach.attach("hasty")));
      client.skipDescriptor();
      assertRefused(client.ask(RawAttach.message(RawAttach.RUN_END, token)), "is attached");
      var start = RawAttach.message(RawAttach.START, token).number(RawAttach.DEVICE_BASE, 4096);
      assertEquals(RawAttach.OK, RawAttach.status(client.ask(start)));
      assertRefused(client.ask(start), "is running");
      var detach = RawAttach.message(RawAttach.DETACH, token);
      assertEquals(RawAttach.OK, RawAttach.status(client.ask(detach)));
    }
  }

  private static void assertRefused(java.nio.ByteBuffer answer, String why) {
    assertEquals(10, RawAttach.status(answer), "STATE");
    assertTrue(RawAttach.text(answer).contains(why), RawAttach.text(answer));
  }

  @Test
  void shouldResumeASessionWhoseConnectionWasCut() throws Exception {
    byte[] token;
    try (RawAttach first = new RawAttach(daemon)) {
      token = RawAttach.token(first.ask(RawAttach.attach("cut")));
      first.skipDescriptor();
      first.ask(RawAttach.message(RawAttach.START, token).number(RawAttach.DEVICE_BASE, 4096));
    }
    daemon.await("cut", session -> session.state().equals("running (connection lost)"));
    try (RawAttach stranger = new RawAttach(daemon)) {
      var answer = stranger.ask(RawAttach.message(RawAttach.RESUME, new byte[16]));
      assertEquals(RawAttach.TOKEN_UNKNOWN, RawAttach.status(answer));
    }
    try (RawAttach second = new RawAttach(daemon)) {
      var resumed = second.ask(RawAttach.message(RawAttach.RESUME, token));
      assertEquals(RawAttach.OK, RawAttach.status(resumed));
      assertEquals("running", daemon.session("cut").state());
      var settled = second.ask(RawAttach.message(RawAttach.RUN_END, token));
      assertEquals(RawAttach.OK, RawAttach.status(settled));
      second.ask(RawAttach.message(RawAttach.DETACH, token));
    }
    daemon.await("cut", session -> session.state().equals("ended (detached)"));
  }

  @Test
  void shouldTakeARunningDeviceBackOnANewConnection() throws Exception {
    Geometry geometry = smallGeometry("chip-2026.08/a5");
    try (NativeClient client = new NativeClient(daemon, "back", 0, geometry)) {
      client.start();
      PlayedDevice device = device(client, geometry);
      device.publishAll();
      client.resume();
      assertTrue(client.isConnected());
      assertTrue(device.publishAll() > 0);
      client.runEnd();
      assertEquals(client.produced(), client.collected());
      client.detach();
    }
    assertEquals("ended (detached)", daemon.session("back").state());
  }

  @Test
  void shouldEndASessionThatNobodyResumes() throws Exception {
    try (TestDaemon hasty = TestDaemon.start("sluice.attach.resume-grace=100ms")) {
      Geometry geometry = smallGeometry("l2-2026.07/a2a3");
      long published;
      try (NativeClient client = new NativeClient(hasty, "gone", 0, geometry)) {
        client.start();
        published = device(client, geometry).publishAll();
      }
      SessionView session = hasty.await("gone", SessionView::isEnded);
      assertEquals("ended (connection lost and not resumed)", session.state());
      // Two per core, one per scheduler thread of the layout, one of the orchestrator.
      assertEquals(geometry.numCores() * 2 + geometry.layout().queueCount() + 1, published);
      assertEquals(session.total().produced(), session.total().collected());
      Law.assertBalanced(session);
    }
  }

  @Test
  void shouldLeaveNothingBehindAfterManyAttaches() throws Exception {
    Geometry geometry = smallGeometry("l2-2026.06/a2a3");
    attachAndDetach(geometry, 5); // one-time loading
    long descriptors = descriptors();
    // Other tests of this JVM leave second mappings of arenas, which go with a garbage collection.
    List<String> ofOthers = arenasMapped();
    attachAndDetach(geometry, 100);
    Await.until(
        () -> descriptors() <= descriptors,
        () -> "descriptors: " + descriptors + " before, " + descriptorsOrNone() + " after");
    List<String> left = arenasMapped().stream().filter(map -> !ofOthers.contains(map)).toList();
    assertEquals(List.of(), left);
    for (SessionView session : daemon.sessions()) {
      assertTrue(session.isEnded() || !session.name().equals("brief"), session::toString);
    }
  }

  private static void attachAndDetach(Geometry geometry, int times) {
    for (int i = 0; i < times; i++) {
      try (NativeClient client = new NativeClient(daemon, "brief", i % 4, geometry)) {
        if (i % 2 == 0) {
          client.start();
        }
        client.detach();
      }
    }
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  private static long descriptorsOrNone() {
    try {
      return descriptors();
    } catch (IOException e) {
      return -1;
    }
  }

  private static List<String> arenasMapped() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.contains("memfd:sluice-d"))
        .toList();
  }

  @Test
  void shouldRefuseOneSessionTooMany() throws Exception {
    try (TestDaemon small = TestDaemon.start("sluice.attach.max-sessions=1")) {
      try (NativeClient only = new NativeClient(small, "only", 0, smallGeometry("l2-2026.06/a5"))) {
        only.start();
        TestProducer.Report refused = small.run("extra", "--duration-ns", "100000000");
        assertEquals(1, refused.exitCode());
        assertTrue(refused.errors().contains("sluice.attach.max-sessions is 1"), refused.errors());
        assertEquals(1, refused.errors().lines().count(), refused.errors());
      }
    }
  }

  @Test
  void shouldRefuseADeviceThatIsNotConfigured() throws Exception {
    try (TestDaemon choosy = TestDaemon.start("sluice.devices=[0]")) {
      TestProducer.Report refused = choosy.run("other", "--device", "1");
      assertEquals(1, refused.exitCode());
      assertTrue(refused.errors().contains("device 1 is not in sluice.devices"), refused.errors());
      TestProducer.Report welcome = choosy.run("right", "--duration-ns", "50000000");
      Law.assertExact(choosy.session("right"), welcome);
    }
  }

  @Test
  void shouldSeeAnIndexThatStaysWrong() throws Exception {
    Geometry geometry = smallGeometry("l2-2026.07/a2a3");
    try (NativeClient client = new NativeClient(daemon, "bad tail", 0, geometry)) {
      client.start();
      PlayedDevice device = device(client, geometry);
      MappedMemory memory = new MappedMemory(client.memory());
      int tail = geometry.layout().queueTailOffset(0);
      memory.storeIntRelease(tail, geometry.layout().queueEntries() + 5);
      daemon.await("bad tail", session -> session.violations().get("bad_index") == 1);
      memory.storeIntRelease(tail, 0);
      device.publishAll();
      client.runEnd();
      assertEquals(client.produced(), client.collected());
      client.detach();
    }
    assertEquals(1, daemon.session("bad tail").violations().get("bad_index"), "each value once");
  }

  /** The reason waits in the socket for the client's next call, and so do the books. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldTellAClientWhyItsSessionWasEnded(boolean looksBefore) throws Exception {
    Geometry geometry = smallGeometry("chip-2026.08/a2a3");
    String name = "told " + looksBefore;
    try (NativeClient client = new NativeClient(daemon, name, 0, geometry)) {
      client.start();
      device(client, geometry).publishAll();
      int id = daemon.await(name, session -> session.total().collected() > 0).id();
      assertTrue(daemon.control("POST", "/v1/sessions/" + id + "/detach").contains("200 OK"));
      if (looksBefore) {
        Await.until(() -> !client.isConnected(), () -> "the session still looks served");
        String why = assertThrows(IllegalStateException.class, client::resume).getMessage();
        assertTrue(why.contains("ended the session: detached by the operator"), why);
      }
      String why = assertThrows(IllegalStateException.class, client::detach).getMessage();
      assertTrue(why.contains("ended the session: detached by the operator"), why);
      assertTrue(client.collected() > 0, "what was counted until then");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'chip-2026.09/a2a3', 'chip-2026.08/a2a3', 'but chip-2026.08/a2a3 x24'",
    "'chip-2026.08/a2a3', 'l2-2026.07/a2a3', 'but l2-2026.06 or l2-2026.07/a2a3 x24'",
    "'chip-2026.09/a2a3,12', 'chip-2026.09/a2a3', 'but chip-2026.09/a2a3 x24'"
  })
  void shouldEndTheSessionOfADeviceThatHasAnotherLayout(String declared, String actual, String told)
      throws Exception {
    String name = "declared " + declared;
    try (TestProducer producer =
        daemon.producer(
            name, "--layout", actual, "--declare", declared, "--duration-ns", "60000000000")) {
      TestProducer.Report device = producer.await();
      assertEquals(1, device.exitCode(), device::errors);
      assertTrue(device.errors().contains(told), device::errors);
    }
    SessionView session = daemon.session(name);
    assertTrue(session.state().startsWith("ended (wrong layout: not "), session.state());
    assertTrue(session.state().contains(told), session.state());
  }

  @ParameterizedTest
  @ValueSource(strings = {"l2-2026.07/a2a3", "chip-2026.08/a2a3"})
  void shouldTellAProducerThatTheOperatorHasDetachedIt(String layout) throws Exception {
    String name = "detached " + layout;
    try (TestProducer producer =
        daemon.producer(name, "--layout", layout, "--duration-ns", "60000000000")) {
      int id = daemon.await(name, session -> session.total().collected() > 0).id();
      assertTrue(daemon.control("POST", "/v1/sessions/" + id + "/detach").contains("200 OK"));
      // No agent refills any more: a device that waits for buffers would wait forever.
      TestProducer.Report device = producer.await();
      assertEquals(1, device.exitCode(), device::errors);
      assertTrue(
          device.errors().contains("the daemon ended the session: detached by the operator"),
          device::errors);
    }
    SessionView session = daemon.session(name);
    assertEquals("ended (detached by the operator)", session.state());
    Law.assertBalanced(session);
  }
}
