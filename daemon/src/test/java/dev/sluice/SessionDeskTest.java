package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.RunId;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.Token;
import dev.sluice.session.run.RunTotals;
import dev.sluice.testkit.DevicePool;
import dev.sluice.testkit.ScriptedDevice;
import dev.sluice.testkit.SyntheticRecords;
import dev.sluice.testkit.TestArena;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions through the broker's interface: real shared memory and threads, no sockets. */
@Timeout(60)
class SessionDeskTest {
  private final BrokerRig rig = new BrokerRig();

  @AfterEach
  void close() {
    rig.close();
  }

  /** Returns a device on a second mapping of the granted memory, like another process. */
  private ScriptedDevice device(Granted granted) throws IOException {
    Layout layout =
        Layout.of(Generation.CHIP_2026_08, Platform.A2A3, new LayoutOverrides(0, 64, 5, 6, 7, 8));
    ArenaPlan plan =
        TestArena.plan(
            new Geometry(layout, BrokerRig.CORES, BrokerRig.THREADS, 1, 4),
            new BufferCounts(4, 3, 3, 4));
    ByteBuffer bytes;
    try (FileChannel channel =
        FileChannel.open(
            Path.of("/proc/self/fd/" + granted.fd()),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      bytes = channel.map(MapMode.READ_WRITE, 0, granted.arenaBytes());
    }
    return new ScriptedDevice(
        new TestArena(plan, bytes),
        new SyntheticRecords(plan.geometry(), BrokerRig.SYNTHETIC),
        rig.clock);
  }

  private static void tasks(ScriptedDevice device, int count) {
    for (int i = 0; i < count; i++) {
      for (int core = 0; core < BrokerRig.CORES; core++) {
        device.task(core);
      }
      device.phase(i % BrokerRig.THREADS);
      device.orch();
    }
  }

  /** Steps the device until it is idle; the session's own threads do the host's part. */
  private static void run(ScriptedDevice device) {
    while (!device.isIdle()) {
      for (int thread = 0; thread < device.threadCount(); thread++) {
        device.step(thread);
        // Keeps the device's stores in program order.
        VarHandle.fullFence();
      }
    }
  }

  private static void expects(ScriptedDevice device, Books books) {
    assertEquals("the books balance", books.text());
    for (BufferKind kind : BufferKind.TIMED) {
      Books.KindBooks row = books.kinds().get(kind.ordinal());
      long attempts = 0;
      for (DevicePool pool : device.pools()) {
        attempts += pool.kind() == kind ? pool.attempts() : 0;
      }
      assertEquals(attempts, row.produced(), kind.label());
      assertEquals(attempts, row.collected() + row.salvaged() + row.dropped(), kind.label());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "shared", "dedicated"})
  void shouldRunASessionFromAttachToDetach(String threading) throws Exception {
    rig.restart("sluice.threading=" + threading, "sluice.collector.verify-synthetic=true");
    Granted granted = rig.attach(3);
    assertEquals(List.of(16, 12, 3, 16, 0, 0), granted.buffers());
    assertEquals(4, granted.slotCount());
    ScriptedDevice device = device(granted);
    assertEquals(
        granted.session(),
        BrokerRig.join(
                rig.manager.start(
                    granted.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()))
            .session());
    device.launch();
    tasks(device, 300);
    device.flush();
    run(device);
    Books books = BrokerRig.join(rig.manager.runEnd(granted.token(), HostTime.now()));
    expects(device, books);
    assertEquals(300 * BrokerRig.CORES, books.kinds().get(0).collected());
    // A second run in the same arena, with a fresh device.
    BrokerRig.join(
        rig.manager.start(granted.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    ScriptedDevice second = device(granted);
    second.launch();
    tasks(second, 20);
    second.flush();
    run(second);
    expects(second, BrokerRig.join(rig.manager.detach(granted.token(), HostTime.now())));
    assertEquals(0, rig.sessions.open().size());
    assertEquals(
        320L * BrokerRig.CORES, rig.sessions.byDevice().get(3).laws[0].collected(), "both runs");
    assertEquals(0, rig.sessions.byDevice().get(3).syntheticMismatched);
  }

  @Test
  void shouldKeepTwoSessionsOfOneDeviceApart() throws Exception {
    rig.restart("sluice.threading=inline");
    Granted one = rig.attach(0);
    Granted two = rig.attach(0);
    assertNotEquals(one.token(), two.token());
    assertNotEquals(one.fd(), two.fd());
    ScriptedDevice first = device(one);
    ScriptedDevice other = device(two);
    BrokerRig.join(
        rig.manager.start(one.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    BrokerRig.join(
        rig.manager.start(two.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    first.launch();
    other.launch();
    tasks(first, 50);
    tasks(other, 70);
    first.flush();
    other.flush();
    run(first);
    run(other);
    expects(first, BrokerRig.join(rig.manager.detach(one.token(), HostTime.now())));
    expects(other, BrokerRig.join(rig.manager.detach(two.token(), HostTime.now())));
    assertEquals(120L * BrokerRig.CORES, rig.sessions.byDevice().get(0).laws[0].collected());
  }

  @Test
  void shouldKnowNobodyWithoutAToken() {
    Token stranger = new Token(1, 2);
    BrokerRig.refused(
        AttachStatus.TOKEN,
        rig.manager.start(stranger, TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    BrokerRig.refused(AttachStatus.TOKEN, rig.manager.runEnd(stranger, HostTime.now()));
    BrokerRig.refused(AttachStatus.TOKEN, rig.manager.detach(stranger, HostTime.now()));
    BrokerRig.refused(AttachStatus.TOKEN, rig.manager.resume(stranger, rig.self));
    rig.manager.connectionLost(stranger, 1);
  }

  @Test
  void shouldRefuseRequestsOutOfOrder() throws Exception {
    Granted granted = rig.attach(0);
    BrokerRig.refused(AttachStatus.STATE, rig.manager.runEnd(granted.token(), HostTime.now()));
    BrokerRig.refused(
        AttachStatus.MALFORMED,
        rig.manager.start(granted.token(), 0, RunId.UNKNOWN, HostTime.now()));
    BrokerRig.refused(
        AttachStatus.MALFORMED,
        rig.manager.start(granted.token(), 72, RunId.UNKNOWN, HostTime.now()));
    BrokerRig.join(
        rig.manager.start(granted.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    BrokerRig.refused(
        AttachStatus.STATE,
        rig.manager.start(granted.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    BrokerRig.join(rig.manager.runEnd(granted.token(), HostTime.now()));
    BrokerRig.refused(AttachStatus.STATE, rig.manager.runEnd(granted.token(), HostTime.now()));
    BrokerRig.join(rig.manager.detach(granted.token(), HostTime.now()));
    BrokerRig.refused(AttachStatus.TOKEN, rig.manager.detach(granted.token(), HostTime.now()));
    BrokerRig.refused(AttachStatus.STATE, rig.manager.detachSession(granted.session()));
  }

  @Test
  void shouldEndASessionWhoseProducerDied() throws Exception {
    Process producer = new ProcessBuilder("sleep", "60").start();
    try {
      PeerCredentials peer = new PeerCredentials((int) producer.pid(), 0, List.of());
      Granted granted =
          BrokerRig.join(rig.manager.attach(BrokerRig.request(0, BrokerRig.SMALL), peer));
      ScriptedDevice device = device(granted);
      BrokerRig.join(
          rig.manager.start(granted.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
      device.launch();
      tasks(device, 53);
      run(device);
      producer.destroyForcibly().waitFor();
      lose(granted);
      RunTotals totals = rig.sessions.byDevice().get(0);
      assertEquals(0, totals.law().unaccounted(), () -> "" + totals.law());
      assertTrue(totals.law().salvaged() > 0, "53 tasks leave a started buffer");
      assertEquals(1, rig.sessions.ended().size());
      assertEquals("ended (producer died)", rig.sessions.ended().get(0).view().name());
    } finally {
      producer.destroyForcibly();
    }
  }

  /** Reports the connection lost and runs the janitor until the session has ended. */
  private void lose(Granted granted) {
    rig.manager.connectionLost(granted.token(), granted.connection());
    while (!rig.sessions.open().isEmpty()) {
      rig.tend();
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldLetNobodyElseUseAToken() throws Exception {
    PeerCredentials alice = new PeerCredentials(rig.self.pid(), 1001, List.of());
    PeerCredentials mallory = new PeerCredentials(rig.self.pid(), 1002, List.of());
    Granted granted =
        BrokerRig.join(rig.manager.attach(BrokerRig.request(0, BrokerRig.SMALL), alice));
    rig.manager.connectionLost(granted.token(), granted.connection());
    String why =
        BrokerRig.refused(AttachStatus.TOKEN, rig.manager.resume(granted.token(), mallory));
    assertEquals("the session of this token belongs to another user", why);
    Granted again = BrokerRig.join(rig.manager.resume(granted.token(), alice));
    assertEquals(granted.session(), again.session());
    BrokerRig.join(rig.manager.detach(granted.token(), HostTime.now()));
    // The token of an ended session is invalid for every user.
    BrokerRig.refused(AttachStatus.TOKEN, rig.manager.resume(granted.token(), alice));
    BrokerRig.refused(
        AttachStatus.TOKEN,
        rig.manager.start(granted.token(), 4096, RunId.UNKNOWN, HostTime.now()));
    BrokerRig.refused(AttachStatus.TOKEN, rig.manager.detach(granted.token(), HostTime.now()));
  }

  @Test
  void shouldWaitForALivingProducerToResume() throws Exception {
    rig.restart("sluice.attach.resume-grace=5s");
    Granted granted = rig.attach(0);
    rig.manager.connectionLost(granted.token(), granted.connection());
    while (!rig.sessions.open().get(0).view().name().contains("connection lost")) {
      Thread.onSpinWait();
    }
    rig.clock.advance(TimeUnit.SECONDS.toNanos(5));
    rig.tend();
    Granted again = BrokerRig.join(rig.manager.resume(granted.token(), rig.self));
    assertEquals(granted.session(), again.session());
    assertEquals(granted.bufferOffsets(), again.bufferOffsets(), "the same arena");
    assertEquals(-1, again.fd(), "the client has it already");
    assertNotEquals(granted.connection(), again.connection());
    rig.clock.advance(TimeUnit.SECONDS.toNanos(60));
    rig.tend();
    assertEquals("attached", rig.sessions.open().get(0).view().name());
  }

  /**
   * When two connections resume with one token, the later one owns the session; each record counts
   * once.
   */
  @Test
  void shouldGiveASessionThatIsResumedTwiceToTheLaterConnection() throws Exception {
    rig.restart("sluice.attach.resume-grace=5s");
    Granted granted = rig.attach(0);
    Token token = granted.token();
    BrokerRig.join(rig.manager.start(token, TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    ScriptedDevice device = device(granted);
    device.launch();
    tasks(device, 50);
    List<CompletableFuture<Granted>> atOnce =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(() -> rig.manager.resume(token, rig.self))
                        .thenCompose(stage -> stage))
            .limit(2)
            .toList();
    Granted one = BrokerRig.join(atOnce.get(0));
    Granted two = BrokerRig.join(atOnce.get(1));
    Granted later = BrokerRig.join(rig.manager.resume(token, rig.self));
    assertEquals(
        List.of(2, 3),
        Stream.of(one, two).map(Granted::connection).sorted().toList(),
        "each has a number of its own");
    assertEquals(4, later.connection());
    for (Granted earlier : List.of(granted, one, two)) {
      assertEquals(later.session(), earlier.session());
      assertEquals(later.bufferOffsets(), earlier.bufferOffsets());
      rig.manager.connectionLost(token, earlier.connection());
    }
    run(device);
    // The response arrives after the losses were processed.
    expects(device, BrokerRig.join(rig.manager.runEnd(token, HostTime.now())));
    rig.clock.advance(TimeUnit.SECONDS.toNanos(60));
    rig.tend();
    assertEquals("settled", rig.sessions.open().get(0).view().name());
    rig.manager.connectionLost(token, later.connection());
    while (!rig.sessions.open().get(0).view().name().contains("connection lost")) {
      Thread.onSpinWait();
    }
    BrokerRig.join(rig.manager.detach(token, HostTime.now()));
  }

  @Test
  void shouldEndASessionThatNobodyResumes() throws Exception {
    rig.restart("sluice.attach.resume-grace=5s");
    Granted granted = rig.attach(0);
    rig.manager.connectionLost(granted.token(), granted.connection());
    while (!rig.sessions.open().get(0).view().name().contains("connection lost")) {
      Thread.onSpinWait();
    }
    rig.clock.advance(TimeUnit.SECONDS.toNanos(5) + 1);
    lose(granted);
    BrokerRig.refused(AttachStatus.TOKEN, rig.manager.resume(granted.token(), rig.self));
  }

  @Test
  void shouldSettleEverySessionWhenTheDaemonStops() throws Exception {
    Granted idle = rig.attach(0);
    Granted busy = rig.attach(1);
    ScriptedDevice device = device(busy);
    BrokerRig.join(
        rig.manager.start(busy.token(), TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    device.launch();
    tasks(device, 40);
    run(device);
    rig.sessions.close();
    assertEquals(0, rig.sessions.open().size());
    assertEquals(2, rig.sessions.ended().size());
    RunTotals totals = rig.sessions.byDevice().get(1);
    assertEquals(0, totals.law().unaccounted());
    assertEquals(0, totals.law().salvaged(), "the device may still be running");
    assertEquals(0, rig.sessions.byDevice().get(0).law().produced());
    BrokerRig.refused(
        AttachStatus.STOPPING, rig.manager.attach(BrokerRig.request(0, BrokerRig.SMALL), rig.self));
    BrokerRig.refused(AttachStatus.STOPPING, rig.manager.detach(idle.token(), HostTime.now()));
    rig.sessions.close();
  }
}
