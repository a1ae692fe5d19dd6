package dev.sluice.service.attach;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.SyntheticContent;
import dev.sluice.config.AttachSettings;
import dev.sluice.service.AttachFailures;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Granted;
import dev.sluice.service.transport.EventLoops;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttachServerTest {
  private static final long LONG_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(5);

  @TempDir Path directory;
  private final FakeBroker broker = new FakeBroker();
  private final AttachFailures failures = new AttachFailures();
  private EventLoops loops;
  private AttachServer server;

  @BeforeEach
  void start() {
    loops = new EventLoops(2);
    serve(LONG_TIMEOUT_NANOS, 16);
  }

  @AfterEach
  void stop() {
    server.close();
    loops.close();
  }

  private void serve(long handshakeTimeoutNanos, int maxConnections) {
    if (server != null) {
      server.close();
    }
    AttachSettings settings =
        new AttachSettings(
            directory.resolve("attach.sock"),
            4,
            maxConnections,
            Set.of(),
            Set.of(),
            LONG_TIMEOUT_NANOS,
            handshakeTimeoutNanos);
    server = AttachServer.start(settings, broker, failures, loops);
  }

  @Test
  void shouldHangUpWhenSomebodyElseEndsTheSession() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      assertEquals("attach", broker.awaitCall());
      broker.revoked.accept(
          FakeBroker.TOKEN, FakeBroker.books().withText("detached by the operator"));
      ByteBuffer ended = client.receive();
      assertReply(ended, MessageType.DETACHED, AttachStatus.STATE);
      assertEquals(10, ended.getLong(Messages.BOOKS_PRODUCED_OFFSET), "what was counted");
      byte[] text = new byte[24];
      ended.get(Messages.BOOKS_TEXT_OFFSET, text);
      assertEquals("detached by the operator", new String(text, StandardCharsets.UTF_8));
      client.awaitEnd();
      await(() -> server.connections() == 0);
      assertTrue(broker.calls.isEmpty(), "a revoked session is not lost");
    }
  }

  @Test
  void shouldCarryAWholeConversation() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      ByteBuffer grant = client.receiveGrant();
      assertReply(grant, MessageType.ARENA, AttachStatus.OK);
      assertEquals(7, grant.getInt(Messages.SESSION_OFFSET));
      byte[] token = new byte[16];
      grant.get(Messages.TOKEN_OFFSET, token);
      assertArrayEquals(FakeBroker.TOKEN.toBytes(), token);
      assertEquals(4, grant.getInt(Messages.ARENA_SLOT_COUNT_OFFSET));
      assertEquals(1L << 20, grant.getLong(Messages.ARENA_ARENA_BYTES_OFFSET));
      assertEquals(12288, grant.getLong(Messages.ARENA_BUFFERS_OFFSET_OFFSET));
      assertEquals(13, grant.getInt(Messages.ARENA_BUFFERS_OFFSET + 12));
      assertEquals(400, grant.getLong(Messages.ARENA_BUFFER_OFFSET_OFFSET + 24));

      ByteBuffer start = TestClient.message(MessageType.START);
      start.putLong(Messages.START_DEVICE_BASE_OFFSET, 0xfedcba9876543210L);
      client.send(start);
      assertReply(client.receive(), MessageType.STARTED, AttachStatus.OK);
      assertEquals(0xfedcba9876543210L, broker.deviceBase);

      client.send(TestClient.message(MessageType.RUN_END));
      ByteBuffer settled = client.receive();
      assertReply(settled, MessageType.SETTLED, AttachStatus.OK);
      assertEquals(10, settled.getLong(Messages.BOOKS_PRODUCED_OFFSET));
      assertEquals(20, settled.getLong(Messages.BOOKS_COLLECTED_OFFSET + 8));
      assertEquals(2, settled.getLong(Messages.BOOKS_DROPPED_OFFSET));
      assertEquals(1, settled.getLong(Messages.BOOKS_SALVAGED_OFFSET));
      assertEquals(-1, settled.getLong(Messages.BOOKS_UNACCOUNTED_OFFSET + 24));

      client.send(TestClient.message(MessageType.DETACH));
      assertReply(client.receive(), MessageType.DETACHED, AttachStatus.OK);
      client.awaitEnd();
    }
    assertEquals(List.of("attach", "start true", "runEnd true", "detach true"), calls(4));
    server.close();
    assertNull(broker.calls.poll(), "no connection is lost after DETACH");
  }

  /** A device that a client can reach no longer: its reason goes to the broker, fit for a log. */
  @Test
  void shouldTellWhyAClientHasLostItsDevice() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      ByteBuffer detach = TestClient.message(MessageType.DETACH);
      detach.putInt(Messages.END_IS_LOST_OFFSET, 1);
      detach.put(
          Messages.END_LOST_REASON_OFFSET,
          "rtMemcpy\nreturned 507899".getBytes(StandardCharsets.UTF_8));
      client.send(detach);
      assertReply(client.receive(), MessageType.DETACHED, AttachStatus.OK);
      client.awaitEnd();
    }
    assertEquals(List.of("attach", "detachLost true rtMemcpy?returned 507899"), calls(2));
  }

  @Test
  void shouldHandOverTheWholeGeometry() throws Exception {
    ByteBuffer attach = TestClient.attach();
    attach.putInt(Messages.GEOMETRY_SLOT_COUNT_OFFSET, 8);
    attach.putInt(Messages.GEOMETRY_READY_QUEUE_ENTRIES_OFFSET, 512);
    for (int kind = 0; kind < 4; kind++) {
      attach.putInt(Messages.GEOMETRY_BUFFER_RECORDS_OFFSET + 4 * kind, 100 + kind);
      attach.putInt(Messages.GEOMETRY_BUFFERS_PER_INSTANCE_OFFSET + 4 * kind, 200 + kind);
    }
    attach.putInt(Messages.GEOMETRY_FLAGS_OFFSET, Messages.FLAG_SYNTHETIC | Messages.FLAG_JITTERED);
    attach.putLong(Messages.GEOMETRY_SYNTHETIC_SEED_OFFSET, -1);
    attach.putLong(Messages.GEOMETRY_SYNTHETIC_ORIGIN_TICKS_OFFSET, 5);
    attach.putLong(Messages.GEOMETRY_SYNTHETIC_PERIOD_TICKS_OFFSET, 6);
    attach.putLong(Messages.GEOMETRY_FACTS_OFFSET, 0x2003);
    attach.put(Messages.GEOMETRY_NAME_OFFSET, new byte[] {'a', '\n', 'b', 0, 'c'});
    try (TestClient client = new TestClient(server.socket())) {
      client.send(attach);
      client.receiveGrant();
    }
    AttachRequest expected =
        new AttachRequest(
            3,
            2,
            1,
            4,
            24,
            2,
            1,
            new AttachRequest.Overrides(
                8, 512, List.of(100, 101, 102, 103), List.of(200, 201, 202, 203), 0x2003),
            Optional.of(new SyntheticContent.Recipe(-1, 5, 6, true)),
            AttachRequest.Reach.ofSim(),
            "a?b");
    assertEquals(expected, broker.request);
    assertEquals(ProcessHandle.current().pid(), broker.peer.pid());
  }

  @Test
  void shouldUnderstandAMessageThatArrivesInPieces() throws Exception {
    ByteBuffer attach = TestClient.attach();
    try (TestClient client = new TestClient(server.socket())) {
      client.send(attach.slice(0, 3));
      client.send(attach.slice(3, 2));
      client.send(attach.slice(5, 200));
      client.send(attach.slice(205, 51));
      assertReply(client.receiveGrant(), MessageType.ARENA, AttachStatus.OK);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0,  0x12345678, REFUSED, VERSION",
    "4,  0x00010002, REFUSED, VERSION",
    "4,  0x00000001, REFUSED, MALFORMED",
    "4,  0x00020001, REFUSED, MALFORMED",
    "4,  0x00630001, REFUSED, MALFORMED",
    "4,  0x00030001, REFUSED, STATE",
    "32, 0x80000000, REFUSED, DEVICE",
    "44, 0xffffffff, REFUSED, GEOMETRY",
    "96, 0x00000002, REFUSED, MALFORMED",
    "96, 0x00000005, REFUSED, MALFORMED",
    "100, 0x22,      REFUSED, MALFORMED",
    "192, 0xffffffff, REFUSED, GEOMETRY",
    "196, 1,         REFUSED, MALFORMED",
    "208, 1,         REFUSED, MALFORMED",
    "252, 1,         REFUSED, MALFORMED",
  })
  void shouldRefuseGarbageAndStayUp(int offset, String word, MessageType reply, AttachStatus status)
      throws Exception {
    ByteBuffer attach = TestClient.attach();
    attach.putInt(offset, Long.decode(word).intValue());
    try (TestClient client = new TestClient(server.socket())) {
      client.send(attach);
      ByteBuffer refused = client.receive();
      assertReply(refused, reply, status);
      assertFalse(TestClient.text(refused).isBlank());
      client.awaitEnd();
    }
    assertNull(broker.calls.poll(), "the broker never hears of it");
    assertEquals(1L, failures.byReason().get(status.label()));
    assertServes();
  }

  @Test
  void shouldTellAnotherProtocolAtOnce() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer refused = client.receive();
      assertReply(refused, MessageType.REFUSED, AttachStatus.VERSION);
      assertTrue(TestClient.text(refused).contains("sluice_attach.h"));
      client.awaitEnd();
    }
  }

  @Test
  void shouldCountATruncatedMessage() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach().slice(0, 200));
      client.shutdownOutput();
      client.awaitEnd();
    }
    awaitFailure(AttachStatus.MALFORMED, 1);
    assertNull(broker.calls.poll());
    assertServes();
  }

  @Test
  void shouldCloseAConnectionThatSaysNothing() throws Exception {
    serve(TimeUnit.MILLISECONDS.toNanos(20), 16);
    try (TestClient silent = new TestClient(server.socket());
        TestClient halfway = new TestClient(server.socket())) {
      halfway.send(TestClient.attach().slice(0, 100));
      assertReply(silent.receive(), MessageType.REFUSED, AttachStatus.MALFORMED);
      assertReply(halfway.receive(), MessageType.REFUSED, AttachStatus.MALFORMED);
      silent.awaitEnd();
      halfway.awaitEnd();
    }
  }

  @Test
  void shouldPassOnTheBrokersRefusal() throws Exception {
    String advice = "24 cores need 96 buffers;\n raise sluice.arena.bytes " + "ü".repeat(60);
    broker.nextGrant =
        CompletableFuture.failedFuture(new AttachRefusedException(AttachStatus.ARENA, advice));
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      ByteBuffer refused = client.receive();
      assertReply(refused, MessageType.ARENA, AttachStatus.ARENA);
      String text = TestClient.text(refused);
      assertTrue(text.startsWith("24 cores need 96 buffers; raise sluice.arena.bytes üü"), text);
      assertTrue(text.endsWith("ü"), "cut between characters: " + text);
      client.awaitEnd();
    }
    assertEquals(1L, failures.byReason().get("arena"));
  }

  @Test
  void shouldKeepAConnectionAfterARefusedRequest() throws Exception {
    broker.nextBooks =
        CompletableFuture.failedFuture(
            new AttachRefusedException(AttachStatus.STATE, "no run is open: START first"));
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      client.send(TestClient.message(MessageType.RUN_END));
      ByteBuffer refused = client.receive();
      assertReply(refused, MessageType.REFUSED, AttachStatus.STATE);
      assertEquals("no run is open: START first", TestClient.text(refused));
      client.send(TestClient.message(MessageType.START));
      assertReply(client.receive(), MessageType.STARTED, AttachStatus.OK);
    }
  }

  @Test
  void shouldHideADefectBehindInternal() throws Exception {
    broker.nextStart = CompletableFuture.failedFuture(new IllegalStateException("secret detail"));
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      client.send(TestClient.message(MessageType.START));
      ByteBuffer refused = client.receive();
      assertReply(refused, MessageType.STARTED, AttachStatus.INTERNAL);
      assertFalse(TestClient.text(refused).contains("secret"));
    }
  }

  @Test
  void shouldRefuseTheWrongTokenAndTheWrongOrder() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      ByteBuffer start = TestClient.message(MessageType.START);
      start.put(Messages.TOKEN_OFFSET, (byte) 0);
      client.send(start);
      assertReply(client.receive(), MessageType.REFUSED, AttachStatus.TOKEN);
      client.awaitEnd();
    }
    assertEquals(List.of("attach", "connectionLost true"), calls(2));
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      client.send(TestClient.attach());
      assertReply(client.receive(), MessageType.REFUSED, AttachStatus.STATE);
    }
    broker.nextGrant = new CompletableFuture<>();
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.send(TestClient.attach());
      assertReply(client.receive(), MessageType.REFUSED, AttachStatus.STATE);
    }
  }

  @Test
  void shouldReportALostConnectionOnce() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
    }
    assertEquals(List.of("attach", "connectionLost true"), calls(2));
    server.close();
    assertNull(broker.calls.poll());
  }

  @Test
  void shouldReportAClientThatDiedBeforeItsGrant() throws Exception {
    CompletableFuture<Granted> grant = new CompletableFuture<>();
    broker.nextGrant = grant;
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      assertEquals("attach", broker.awaitCall());
    }
    awaitNoConnection();
    grant.complete(broker.granted());
    assertEquals("connectionLost true", broker.awaitCall());
  }

  @Test
  void shouldResumeOnANewConnectionAndForgetTheOld() throws Exception {
    try (TestClient first = new TestClient(server.socket());
        TestClient second = new TestClient(server.socket())) {
      first.send(TestClient.attach());
      first.receiveGrant();
      second.send(TestClient.message(MessageType.RESUME));
      ByteBuffer resumed = second.receive();
      assertReply(resumed, MessageType.RESUMED, AttachStatus.OK);
      assertEquals(1L << 20, resumed.getLong(Messages.ARENA_ARENA_BYTES_OFFSET));
      first.awaitEnd();
      // The very next bytes are the next reply: no descriptor comes with RESUMED.
      second.send(TestClient.message(MessageType.DETACH));
      assertReply(second.receive(), MessageType.DETACHED, AttachStatus.OK);
      second.awaitEnd();
    }
    server.close();
    assertEquals(List.of("attach", "resume true", "detach true"), calls(3));
    assertNull(broker.calls.poll(), "the old connection's end is nobody's loss");
  }

  @Test
  void shouldSendADescriptorThatMapsTheArenaAndKeepItsOwn() throws Exception {
    Path file = directory.resolve("arena");
    Files.write(file, new byte[] {1, 2, 3, 4});
    try (RawClient client = new RawClient(server.socket());
        RawClient.OpenFile arena = RawClient.open(file)) {
      broker.fd = arena.fd();
      client.send(TestClient.attach().array());
      client.receive(Messages.BYTES);
      int received = client.receiveDescriptor();
      assertTrue(received != arena.fd());
      assertArrayEquals(new byte[] {1, 2, 3, 4}, RawClient.readAndClose(received, 4));
      client.send(TestClient.message(MessageType.DETACH).array());
      client.receive(Messages.BYTES);
      assertTrue(arena.isOpen(), "the daemon's own descriptor stays open");
    }
  }

  @Test
  void shouldSurviveTenThousandConnections() throws Exception {
    int refused = 0;
    TestClient[] held = new TestClient[16];
    for (int i = 0; i < held.length; i++) {
      held[i] = new TestClient(server.socket());
    }
    await(() -> server.connections() == held.length);
    for (int i = 0; i < 10_000; i++) {
      try (TestClient client = new TestClient(server.socket())) {
        refused += TestClient.status(client.receive()) == AttachStatus.BUSY.code() ? 1 : 0;
      }
    }
    assertEquals(10_000, refused);
    assertEquals(10_000L, failures.byReason().get("busy"));
    for (TestClient client : held) {
      client.send(TestClient.attach());
      assertReply(client.receiveGrant(), MessageType.ARENA, AttachStatus.OK);
      client.close();
    }
    awaitNoConnection();
    assertServes();
  }

  @Test
  void shouldGuardTheSocketByItsMode() throws IOException {
    assertEquals(
        "rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(server.socket())));
    server.close();
    assertFalse(Files.exists(server.socket()));
  }

  private void assertServes() throws IOException {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      assertReply(client.receiveGrant(), MessageType.ARENA, AttachStatus.OK);
    }
  }

  private List<String> calls(int count) throws InterruptedException {
    String[] calls = new String[count];
    for (int i = 0; i < count; i++) {
      calls[i] = String.valueOf(broker.awaitCall());
    }
    return List.of(calls);
  }

  private void awaitNoConnection() {
    await(() -> server.connections() == 0);
  }

  private void awaitFailure(AttachStatus status, long count) {
    await(() -> failures.byReason().get(status.label()) == count);
  }

  private static void await(BooleanSupplier condition) {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadlineNanos, "waited 10 s in vain");
      Thread.onSpinWait();
    }
  }

  private static void assertReply(ByteBuffer reply, MessageType type, AttachStatus status) {
    assertEquals(Messages.MAGIC, reply.getInt(Messages.MAGIC_OFFSET));
    assertEquals(Messages.VERSION, reply.getShort(Messages.VERSION_OFFSET));
    assertEquals(status.code(), TestClient.status(reply), () -> TestClient.text(reply));
    assertEquals(type.code(), TestClient.type(reply));
  }
}
