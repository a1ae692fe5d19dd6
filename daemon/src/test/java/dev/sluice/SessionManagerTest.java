package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachRequest.Overrides;
import dev.sluice.service.AttachRequest.Synthetic;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.Token;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.ScriptedDevice;
import dev.sluice.testkit.SyntheticRecords;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions at the broker's interface: real shared memory and threads, no sockets. */
@Timeout(60)
class SessionManagerTest {
  private static final int CORES = 4;
  private static final int THREADS = 2;
  private static final Synthetic SYNTHETIC = new Synthetic(9, 1_000_000, 10_000);
  private static final Overrides SMALL =
      new Overrides(0, 64, List.of(5, 6, 7, 8), List.of(4, 3, 3, 4));

  private final ManualClock clock = new ManualClock();
  private final PeerCredentials self =
      new PeerCredentials((int) ProcessHandle.current().pid(), 0, List.of());
  private SessionManager manager = manager();

  private SessionManager manager(String... overrides) {
    Settings settings = TestSettings.with(overrides);
    ThreadPacking threads =
        new ThreadPacking(
            settings,
            System::nanoTime,
            (agent, error, isStopped) -> {
              throw new AssertionError(agent.roleName(), error);
            },
            () -> 2);
    return new SessionManager(settings, threads, clock);
  }

  /** Starts over with other settings. */
  private void restart(String... overrides) {
    manager.close();
    manager = manager(overrides);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static AttachRequest request(int device, Overrides overrides) {
    return new AttachRequest(
        device,
        Generation.CHIP_2026_08.wireNumber(),
        Platform.A2A3.wireNumber(),
        4,
        CORES,
        THREADS,
        1,
        overrides,
        Optional.of(SYNTHETIC),
        "test");
  }

  private static <T> T join(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private Granted attach(int device) throws Exception {
    return join(manager.attach(request(device, SMALL), self));
  }

  private static String refused(AttachStatus status, CompletionStage<?> stage) {
    ExecutionException e = assertThrows(ExecutionException.class, () -> join(stage));
    AttachRefusedException refusal =
        assertInstanceOf(AttachRefusedException.class, e.getCause(), () -> "" + e.getCause());
    assertEquals(status, refusal.status(), refusal.getMessage());
    return refusal.getMessage();
  }

  /** A device on a second mapping of the granted memory, as another process would have it. */
  private ScriptedDevice device(Granted granted) throws IOException {
    Layout layout =
        Layout.of(Generation.CHIP_2026_08, Platform.A2A3, new LayoutOverrides(0, 64, 5, 6, 7, 8));
    ArenaPlan plan =
        TestArena.plan(new Geometry(layout, CORES, THREADS, 1, 4), new BufferCounts(4, 3, 3, 4));
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
        new SyntheticRecords(
            plan.geometry(), SYNTHETIC.seed(), SYNTHETIC.originTicks(), SYNTHETIC.periodTicks()),
        clock);
  }

  private static void tasks(ScriptedDevice device, int count) {
    for (int i = 0; i < count; i++) {
      for (int core = 0; core < CORES; core++) {
        device.task(core);
      }
      device.phase(i % THREADS);
      device.orch();
    }
  }

  /** Until the device has nothing left to do; the session's own threads do the host's part. */
  private static void run(ScriptedDevice device) {
    while (!device.isIdle()) {
      for (int thread = 0; thread < device.threadCount(); thread++) {
        device.step(thread);
        // The device's stores, in the order of the program.
        VarHandle.fullFence();
      }
    }
  }

  private static void expects(ScriptedDevice device, Books books) {
    assertEquals("the books balance", books.text());
    for (BufferKind kind : BufferKind.ALL) {
      Books.KindBooks row = books.kinds().get(kind.ordinal());
      long attempts = 0;
      for (var pool : device.pools()) {
        attempts += pool.kind() == kind ? pool.attempts() : 0;
      }
      assertEquals(attempts, row.produced(), kind.label());
      assertEquals(attempts, row.collected() + row.salvaged() + row.dropped(), kind.label());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "shared", "dedicated"})
  void shouldRunASessionFromAttachToDetach(String threading) throws Exception {
    restart("sluice.threading=" + threading, "sluice.collector.verify-synthetic=true");
    Granted granted = attach(3);
    assertEquals(List.of(16, 6, 3, 16), granted.buffers());
    assertEquals(4, granted.slotCount());
    ScriptedDevice device = device(granted);
    assertEquals(
        granted.session(), join(manager.start(granted.token(), TestArena.DEVICE_BASE)).session());
    device.launch();
    tasks(device, 300);
    device.flush();
    run(device);
    Books books = join(manager.runEnd(granted.token()));
    expects(device, books);
    assertEquals(300 * CORES, books.kinds().get(0).collected());
    // A second run in the same arena, with a fresh device.
    join(manager.start(granted.token(), TestArena.DEVICE_BASE));
    ScriptedDevice second = device(granted);
    second.launch();
    tasks(second, 20);
    second.flush();
    run(second);
    expects(second, join(manager.detach(granted.token())));
    assertEquals(0, manager.sessions().size());
    assertEquals(320L * CORES, manager.byDevice().get(3).totals().laws[0].collected(), "both runs");
    assertEquals(0, manager.byDevice().get(3).totals().syntheticMismatched);
  }

  @Test
  void shouldKeepTwoSessionsOfOneDeviceApart() throws Exception {
    restart("sluice.threading=inline");
    Granted one = attach(0);
    Granted two = attach(0);
    assertNotEquals(one.token(), two.token());
    assertNotEquals(one.fd(), two.fd());
    ScriptedDevice first = device(one);
    ScriptedDevice other = device(two);
    join(manager.start(one.token(), TestArena.DEVICE_BASE));
    join(manager.start(two.token(), TestArena.DEVICE_BASE));
    first.launch();
    other.launch();
    tasks(first, 50);
    tasks(other, 70);
    first.flush();
    other.flush();
    run(first);
    run(other);
    expects(first, join(manager.detach(one.token())));
    expects(other, join(manager.detach(two.token())));
    assertEquals(120L * CORES, manager.byDevice().get(0).totals().laws[0].collected());
  }

  @ParameterizedTest
  @CsvSource({
    // generation, platform, level, cores, sched, orch, status
    "0, 1, 4, 4, 2, 1, LAYOUT",
    "4, 1, 4, 4, 2, 1, LAYOUT",
    "3, 3, 4, 4, 2, 1, LAYOUT",
    "3, 1, 0, 4, 2, 1, GEOMETRY",
    "3, 1, 5, 4, 2, 1, GEOMETRY",
    "3, 1, 4, 0, 2, 1, GEOMETRY",
    "3, 1, 4, 2147483647, 2, 1, GEOMETRY",
    "3, 1, 4, 4, 99, 1, GEOMETRY",
    "3, 1, 4, 4, 2, 2, GEOMETRY"
  })
  void shouldRefuseWhatNoLayoutHas(
      int generation,
      int platform,
      int level,
      int cores,
      int sched,
      int orch,
      AttachStatus status) {
    AttachRequest request =
        new AttachRequest(
            0,
            generation,
            platform,
            level,
            cores,
            sched,
            orch,
            Overrides.none(),
            Optional.empty(),
            "test");
    refused(status, manager.attach(request, self));
    assertEquals(0, manager.sessions().size());
  }

  @Test
  void shouldRefuseArenasThatCannotWork() {
    List<Integer> records = List.of(5, 6, 7, 8);
    Overrides starved = new Overrides(0, 64, records, List.of(4, 3, 3, 2));
    assertTrue(
        refused(AttachStatus.ARENA, manager.attach(request(0, starved), self))
            .contains("aicore_task"));
    Overrides crowded = new Overrides(0, 16, records, List.of(4, 3, 3, 4));
    refused(AttachStatus.ARENA, manager.attach(request(0, crowded), self));
    Overrides absurd =
        new Overrides(0, 64, records, List.of(Integer.MAX_VALUE, 3, 3, Integer.MAX_VALUE));
    refused(AttachStatus.ARENA, manager.attach(request(0, absurd), self));
    Overrides odd = new Overrides(3, 64, records, List.of(4, 3, 3, 4));
    refused(AttachStatus.LAYOUT, manager.attach(request(0, odd), self));
    restart("sluice.arena.bytes=64KiB");
    refused(AttachStatus.ARENA, manager.attach(request(0, Overrides.none()), self));
  }

  @Test
  void shouldRefuseDevicesThatAreNotConfigured() throws Exception {
    restart("sluice.devices=[1,2]");
    refused(AttachStatus.DEVICE, manager.attach(request(0, SMALL), self));
    assertEquals(1, join(manager.attach(request(2, SMALL), self)).session());
  }

  @Test
  void shouldRefuseMoreSessionsThanAllowedUntilOneEnds() throws Exception {
    restart("sluice.attach.max-sessions=2");
    Granted first = attach(0);
    attach(1);
    refused(AttachStatus.BUSY, manager.attach(request(2, SMALL), self));
    join(manager.detach(first.token()));
    attach(2);
  }

  @Test
  void shouldNotHoldThePlaceOfARefusedAttach() throws Exception {
    restart("sluice.attach.max-sessions=1");
    for (int i = 0; i < 3; i++) {
      Overrides odd = new Overrides(3, 0, List.of(0, 0, 0, 0), List.of(0, 0, 0, 0));
      refused(AttachStatus.LAYOUT, manager.attach(request(0, odd), self));
    }
    attach(0);
  }

  @Test
  void shouldKnowNobodyWithoutAToken() {
    Token stranger = new Token(1, 2);
    refused(AttachStatus.TOKEN, manager.start(stranger, TestArena.DEVICE_BASE));
    refused(AttachStatus.TOKEN, manager.runEnd(stranger));
    refused(AttachStatus.TOKEN, manager.detach(stranger));
    refused(AttachStatus.TOKEN, manager.resume(stranger, self));
    manager.connectionLost(stranger, self);
  }

  @Test
  void shouldRefuseRequestsOutOfOrder() throws Exception {
    Granted granted = attach(0);
    refused(AttachStatus.STATE, manager.runEnd(granted.token()));
    refused(AttachStatus.MALFORMED, manager.start(granted.token(), 0));
    refused(AttachStatus.MALFORMED, manager.start(granted.token(), 72));
    join(manager.start(granted.token(), TestArena.DEVICE_BASE));
    refused(AttachStatus.STATE, manager.start(granted.token(), TestArena.DEVICE_BASE));
    join(manager.runEnd(granted.token()));
    refused(AttachStatus.STATE, manager.runEnd(granted.token()));
    join(manager.detach(granted.token()));
    refused(AttachStatus.TOKEN, manager.detach(granted.token()));
    refused(AttachStatus.STATE, manager.detachSession(granted.session()));
  }

  @Test
  void shouldEndASessionWhoseProducerDied() throws Exception {
    Process producer = new ProcessBuilder("sleep", "60").start();
    try {
      PeerCredentials peer = new PeerCredentials((int) producer.pid(), 0, List.of());
      Granted granted = join(manager.attach(request(0, SMALL), peer));
      ScriptedDevice device = device(granted);
      join(manager.start(granted.token(), TestArena.DEVICE_BASE));
      device.launch();
      tasks(device, 53);
      run(device);
      producer.destroyForcibly().waitFor();
      lose(granted);
      RunTotals totals = manager.byDevice().get(0).totals();
      assertEquals(0, totals.law().unaccounted(), () -> "" + totals.law());
      assertTrue(totals.law().salvaged() > 0, "53 tasks leave a started buffer");
      assertEquals(1, manager.endedSessions().size());
      assertEquals("ended (producer died)", manager.endedSessions().get(0).stateName());
    } finally {
      producer.destroyForcibly();
    }
  }

  /** Reports the loss and lets the janitor's part come round until the session is over. */
  private void lose(Granted granted) {
    manager.connectionLost(granted.token(), self);
    while (!manager.sessions().isEmpty()) {
      manager.endLost();
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldWaitForALivingProducerToResume() throws Exception {
    restart("sluice.attach.resume-grace=5s");
    Granted granted = attach(0);
    manager.connectionLost(granted.token(), self);
    while (!manager.sessions().get(0).stateName().contains("connection lost")) {
      Thread.onSpinWait();
    }
    clock.advance(TimeUnit.SECONDS.toNanos(5));
    manager.endLost();
    Granted again = join(manager.resume(granted.token(), self));
    assertEquals(granted, again, "the same arena, the same offsets");
    clock.advance(TimeUnit.SECONDS.toNanos(60));
    manager.endLost();
    assertEquals("attached", manager.sessions().get(0).stateName());
  }

  @Test
  void shouldEndASessionThatNobodyResumes() throws Exception {
    restart("sluice.attach.resume-grace=5s");
    Granted granted = attach(0);
    manager.connectionLost(granted.token(), self);
    while (!manager.sessions().get(0).stateName().contains("connection lost")) {
      Thread.onSpinWait();
    }
    clock.advance(TimeUnit.SECONDS.toNanos(5) + 1);
    lose(granted);
    refused(AttachStatus.TOKEN, manager.resume(granted.token(), self));
  }

  @Test
  void shouldSettleEverySessionWhenTheDaemonStops() throws Exception {
    Granted idle = attach(0);
    Granted busy = attach(1);
    ScriptedDevice device = device(busy);
    join(manager.start(busy.token(), TestArena.DEVICE_BASE));
    device.launch();
    tasks(device, 40);
    run(device);
    manager.close();
    assertEquals(0, manager.sessions().size());
    assertEquals(2, manager.endedSessions().size());
    RunTotals totals = manager.byDevice().get(1).totals();
    assertEquals(0, totals.law().unaccounted());
    assertEquals(0, totals.law().salvaged(), "the device may still be running");
    assertEquals(0, manager.byDevice().get(0).totals().law().produced());
    refused(AttachStatus.STOPPING, manager.attach(request(0, SMALL), self));
    refused(AttachStatus.STOPPING, manager.detach(idle.token()));
    manager.close();
  }
}
