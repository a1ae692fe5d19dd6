package dev.sluice.service.attach;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.HostTime;
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
import java.nio.ByteOrder;
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
      assertEquals(10, TestClient.number(ended, AttachKey.PRODUCED), "what was counted");
      assertEquals("detached by the operator", TestClient.text(ended));
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
      assertEquals(7, TestClient.number(grant, AttachKey.SESSION));
      assertArrayEquals(
          FakeBroker.TOKEN.toBytes(), RawMessage.bytes(grant, AttachKey.TOKEN.code()));
      assertEquals(4, TestClient.number(grant, AttachKey.SLOTS));
      assertEquals(1L << 20, TestClient.number(grant, AttachKey.ARENA_BYTES));
      assertEquals(64, TestClient.number(grant, AttachKey.REGION_OFFSETS, 1));
      assertEquals(4096, TestClient.number(grant, AttachKey.REGION_BYTES, 1));
      assertEquals(8192, TestClient.number(grant, AttachKey.ROTATION_OFFSET));
      assertEquals(12288, TestClient.number(grant, AttachKey.BUFFERS_OFFSET));
      assertEquals(13, TestClient.number(grant, AttachKey.GRANTED, 3));
      assertEquals(400, TestClient.number(grant, AttachKey.BUFFER_OFFSETS, 3));

      client.send(
          TestClient.start(0xfedcba9876543210L)
              .number(AttachKey.RUN_EPOCH.code(), 77)
              .text(AttachKey.RUN_NAME.code(), "out/TestCase_1")
              .number(AttachKey.MONOTONIC_NS.code(), 5)
              .number(AttachKey.REALTIME_NS.code(), 6)
              .text(AttachKey.BOOT_ID.code(), "a-boot"));
      ByteBuffer started = client.receive();
      assertReply(started, MessageType.STARTED, AttachStatus.OK);
      assertEquals(0xb000, TestClient.number(started, AttachKey.TERMINAL_BANK));
      assertEquals(0xfedcba9876543210L, broker.deviceBase);
      assertEquals(77, broker.runId.epoch());
      assertEquals("out/TestCase_1", broker.runId.name());
      assertEquals(new HostTime(5, 6, "a-boot"), broker.startedAt);

      client.send(
          TestClient.message(MessageType.RUN_END)
              .number(AttachKey.MONOTONIC_NS.code(), 7)
              .number(AttachKey.REALTIME_NS.code(), 8)
              .number(AttachKey.GUARD_LOST.code(), 9));
      ByteBuffer settled = client.receive();
      assertReply(settled, MessageType.SETTLED, AttachStatus.OK);
      assertEquals(new HostTime(7, 8, ""), broker.endedAt);
      assertEquals(10, TestClient.number(settled, AttachKey.PRODUCED));
      assertEquals(20, TestClient.number(settled, AttachKey.COLLECTED, 1));
      assertEquals(2, TestClient.number(settled, AttachKey.DROPPED));
      assertEquals(1, TestClient.number(settled, AttachKey.SALVAGED));
      assertEquals(-1, TestClient.number(settled, AttachKey.UNACCOUNTED, 3));
      assertEquals("the books", TestClient.text(settled));

      client.send(TestClient.message(MessageType.DETACH));
      assertReply(client.receive(), MessageType.DETACHED, AttachStatus.OK);
      client.awaitEnd();
    }
    assertEquals(
        List.of("attach", "start true", "recycled true 9", "runEnd true", "detach true"), calls(5));
    server.close();
    assertNull(broker.calls.poll(), "no connection is lost after DETACH");
  }

  /** The client has lost its device: the reason reaches the broker, sanitized for the log. */
  @Test
  void shouldTellWhyAClientHasLostItsDevice() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      client.send(
          TestClient.message(MessageType.DETACH)
              .text(AttachKey.LOST_REASON.code(), "rtMemcpy\nreturned 507899"));
      assertReply(client.receive(), MessageType.DETACHED, AttachStatus.OK);
      client.awaitEnd();
    }
    assertEquals(List.of("attach", "detachLost true rtMemcpy?returned 507899"), calls(2));
  }

  @Test
  void shouldHandOverTheWholeGeometry() throws Exception {
    RawMessage attach =
        TestClient.attach()
            .number(AttachKey.PATIENCE_MS.code(), 500)
            .number(AttachKey.SLOTS.code(), 8)
            .number(AttachKey.READY_ENTRIES.code(), 512)
            .number(AttachKey.BUFFER_RECORDS.code(), 100, 101, 102)
            .number(AttachKey.BUFFERS.code(), 200, 201, 202, 203, 0, 0)
            .number(AttachKey.SYNTHETIC.code(), -1, 5, 6, 1)
            .number(AttachKey.FACTS.code(), 0x2003)
            .text(AttachKey.RUNTIME.code(), "host_build_graph")
            .number(AttachKey.REGIONS.code(), 0b10)
            .text(AttachKey.NAME.code(), "a\nb\u009b2J ");
    try (TestClient client = new TestClient(server.socket())) {
      client.send(attach);
      client.receiveGrant();
    }
    AttachRequest expected =
        new AttachRequest(
            3,
            new AttachRequest.Wire("l2-2026.07/a2a3", "host_build_graph", 0b10, 0),
            4,
            24,
            2,
            1,
            new AttachRequest.Overrides(
                8, 512, List.of(100, 101, 102, 0), List.of(200, 201, 202, 203), 0x2003),
            Optional.of(new SyntheticContent.Recipe(-1, 5, 6, true)),
            AttachRequest.Reach.ofSim(),
            "a?b?2J",
            500);
    assertEquals(expected, broker.request);
    assertEquals(ProcessHandle.current().pid(), broker.peer.pid());
  }

  @Test
  void shouldUnderstandAMessageThatArrivesInPieces() throws Exception {
    ByteBuffer attach = TestClient.attach().bytes();
    try (TestClient client = new TestClient(server.socket())) {
      client.send(attach.slice(0, 3));
      client.send(attach.slice(3, 2));
      client.send(attach.slice(5, 100));
      client.send(attach.slice(105, attach.capacity() - 105));
      assertReply(client.receiveGrant(), MessageType.ARENA, AttachStatus.OK);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // offset, word, status
    "0,  0x12345678, VERSION",
    "4,  0x00010003, VERSION",
    "4,  0x00000002, MALFORMED", // type 0
    "4,  0x00020002, MALFORMED", // a reply
    "4,  0x00630002, MALFORMED",
    "4,  0x00030002, STATE", // START before ATTACH
    "8,  0,          MALFORMED", // lengths
    "8,  12,         MALFORMED",
    "8,  20,         MALFORMED",
    "8,  8200,       MALFORMED",
    "8,  0xfffffff8, MALFORMED",
    "12, 1,          MALFORMED",
    "16, 0x00020005, MALFORMED", // flags of DEVICE
    "16, 0x00010063, MALFORMED", // an unknown required key
    "16, 0x00000006, MALFORMED", // LAYOUT twice
    "20, 7,          MALFORMED", // a number of 7 bytes
    "20, 0x7fffffff, MALFORMED",
    "20, 0xffffffff, MALFORMED",
    "24, 0xffffffff, DEVICE",
    "40, 0xff2d326c, MALFORMED", // LAYOUT is not UTF-8
  })
  void shouldRefuseGarbageAndStayUp(int offset, String word, AttachStatus status) throws Exception {
    ByteBuffer attach = TestClient.attach().bytes();
    attach.putInt(offset, Long.decode(word).intValue());
    assertRefused(attach, status);
  }

  /** Requests with invalid or missing fields. */
  @Test
  void shouldRefuseRequestsThatAreNoneAndStayUp() throws Exception {
    RawMessage empty = TestClient.message(MessageType.ATTACH);
    assertRefused(empty.bytes(), AttachStatus.MALFORMED);
    assertRefused(
        TestClient.attach().number(AttachKey.PLACEMENTS.code(), 0x22).bytes(),
        AttachStatus.MALFORMED);
    assertRefused(
        TestClient.attach().number(AttachKey.REGIONS.code(), 0x20).bytes(), AttachStatus.MALFORMED);
    assertRefused(
        TestClient.attach().number(AttachKey.SLOTS.code(), 1L << 31).bytes(),
        AttachStatus.GEOMETRY);
    assertRefused(
        TestClient.attach().number(AttachKey.BUFFERS.code(), 1, -1).bytes(), AttachStatus.GEOMETRY);
    assertRefused(
        TestClient.attach().text(AttachKey.NAME.code(), "n".repeat(64)).bytes(),
        AttachStatus.MALFORMED);
    assertRefused(TestClient.attach().number(99, 1).number(99, 1).bytes(), AttachStatus.MALFORMED);
    assertRefused(TestClient.attach().field(99, 0, new byte[7900]).bytes(), AttachStatus.OK);
    assertRefused(TestClient.attach().field(99, 0, new byte[8192]).bytes(), AttachStatus.MALFORMED);
  }

  /** Asserts this status; OK means that the request is accepted. */
  private void assertRefused(ByteBuffer request, AttachStatus status) throws Exception {
    long before = failures.byReason().getOrDefault(status.label(), 0L);
    try (TestClient client = new TestClient(server.socket())) {
      client.send(request);
      if (status == AttachStatus.OK) {
        assertReply(client.receiveGrant(), MessageType.ARENA, status);
        assertEquals("attach", broker.awaitCall());
        return;
      }
      ByteBuffer refused = client.receive();
      assertReply(refused, MessageType.REFUSED, status);
      assertFalse(TestClient.text(refused).isBlank());
      client.awaitEnd();
    } finally {
      awaitNoConnection();
    }
    assertEquals(before + 1, failures.byReason().get(status.label()));
    String call = broker.calls.poll();
    assertTrue(
        call == null || call.startsWith("connectionLost"), "the broker hears of it: " + call);
    assertServes();
    assertEquals(List.of("attach", "connectionLost true"), calls(2));
  }

  /** A client can send fields that only newer daemons know, and mark them optional or required. */
  @Test
  void shouldSkipUnknownFieldsUnlessTheyAreRequired() throws Exception {
    try (TestClient client = new TestClient(server.socket())) {
      // A key of no message, and a key that ATTACH does not use.
      client.send(TestClient.attach().number(4711, 1).number(AttachKey.DEVICE_BASE.code(), 1));
      assertReply(client.receiveGrant(), MessageType.ARENA, AttachStatus.OK);
    }
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach().field(4711, Message.REQUIRED, new byte[3]));
      ByteBuffer refused = client.receive();
      assertReply(refused, MessageType.REFUSED, AttachStatus.MALFORMED);
      assertEquals(
          "ATTACH requires field 4711, which this daemon does not know", TestClient.text(refused));
      client.awaitEnd();
    }
  }

  /**
   * A client of version 1 reads 256 bytes with the status at 8 and the text at 160, and prints
   * both.
   */
  @Test
  void shouldRefuseAClientOfVersionOneInItsOwnForm() throws Exception {
    ByteBuffer old = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    old.putInt(0, RawMessage.MAGIC).putShort(4, (short) 1).putShort(6, (short) 1);
    try (TestClient client = new TestClient(server.socket())) {
      client.send(old);
      ByteBuffer refused = client.receive();
      assertEquals(1, RawMessage.version(refused));
      assertEquals(MessageType.REFUSED.code(), RawMessage.type(refused));
      assertEquals(AttachStatus.VERSION.code(), refused.getInt(8));
      byte[] text = new byte[96];
      refused.get(160, text);
      assertEquals(
          "attach protocol 1, this daemon speaks 2: rebuild with its sluice_attach.h",
          new String(text, StandardCharsets.US_ASCII).replaceFirst("\0.*$", ""));
      client.awaitEnd();
    }
    assertNull(broker.calls.poll());
    assertEquals(1L, failures.byReason().get("version"));
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
      client.send(TestClient.attach().bytes().slice(0, 100));
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
      halfway.send(TestClient.attach().bytes().slice(0, 100));
      assertReply(silent.receive(), MessageType.REFUSED, AttachStatus.MALFORMED);
      assertReply(halfway.receive(), MessageType.REFUSED, AttachStatus.MALFORMED);
      silent.awaitEnd();
      halfway.awaitEnd();
    }
  }

  @Test
  void shouldPassOnTheBrokersRefusal() throws Exception {
    String advice = "24 cores need 96 buffers;\n raise sluice.arena.bytes " + "ü".repeat(260);
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
      assertReply(refused, MessageType.SETTLED, AttachStatus.STATE);
      assertEquals("no run is open: START first", TestClient.text(refused));
      client.send(TestClient.start(64));
      assertReply(client.receive(), MessageType.STARTED, AttachStatus.OK);
    }
  }

  @Test
  void shouldHideADefectBehindInternal() throws Exception {
    broker.nextStart = CompletableFuture.failedFuture(new IllegalStateException("secret detail"));
    try (TestClient client = new TestClient(server.socket())) {
      client.send(TestClient.attach());
      client.receiveGrant();
      client.send(TestClient.start(64));
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
      client.send(
          RawMessage.of(MessageType.START.code()).field(AttachKey.TOKEN.code(), 0, new byte[16]));
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
      second.send(TestClient.message(MessageType.RESUME).number(AttachKey.GUARD_LOST.code(), 4));
      ByteBuffer resumed = second.receive();
      assertReply(resumed, MessageType.RESUMED, AttachStatus.OK);
      assertEquals(1L << 20, TestClient.number(resumed, AttachKey.ARENA_BYTES));
      first.awaitEnd();
      // The next bytes are the next response: RESUMED carries no descriptor.
      second.send(TestClient.message(MessageType.DETACH));
      assertReply(second.receive(), MessageType.DETACHED, AttachStatus.OK);
      second.awaitEnd();
    }
    server.close();
    assertEquals(List.of("attach", "resume true", "recycled true 4", "detach true"), calls(4));
    assertNull(broker.calls.poll(), "the old connection's end loses no session");
  }

  @Test
  void shouldSendADescriptorThatMapsTheArenaAndKeepItsOwn() throws Exception {
    Path file = directory.resolve("arena");
    Files.write(file, new byte[] {1, 2, 3, 4});
    try (RawClient client = new RawClient(server.socket());
        RawClient.OpenFile arena = RawClient.open(file)) {
      broker.fd = arena.fd();
      client.send(TestClient.attach().bytes().array());
      client.receiveMessage();
      int received = client.receiveDescriptor();
      assertTrue(received != arena.fd());
      assertArrayEquals(new byte[] {1, 2, 3, 4}, RawClient.readAndClose(received, 4));
      client.send(TestClient.message(MessageType.DETACH).bytes().array());
      client.receiveMessage();
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
    assertEquals(RawMessage.MAGIC, reply.getInt(0));
    assertEquals(2, RawMessage.version(reply));
    assertEquals(status.code(), TestClient.status(reply), () -> TestClient.text(reply));
    assertEquals(type.code(), RawMessage.type(reply));
  }
}
