package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.RunId;
import dev.sluice.bridge.DescriptorStore;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Placement;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.MappedMemory;
import dev.sluice.device.TestArenas;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.StageMemory;
import dev.sluice.output.capture.TestDisk;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.session.run.ThreadPacking;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The session stage with an environment that fails on demand: a disk that stalls, a device whose
 * calls hang, a host without threads. Real threads and memory, no sockets. Devices from {@link
 * #OWN_MEMORY} on have their own memory.
 */
final class StageRig implements AutoCloseable {
  static final int OWN_MEMORY = 8;
  static final int CORES = 4;
  static final int THREADS = 2;

  /** Short enough to expire within a test, long enough for a busy machine. */
  static final Patience PATIENCE = new Patience(2_000_000_000L, 1_000_000_000L, 8_000_000_000L);

  final TestDisk disk = new TestDisk();
  final AtomicInteger unmapped = new AtomicInteger();
  final AtomicInteger threadsLeft = new AtomicInteger(Integer.MAX_VALUE);
  final AtomicInteger lanesLeft = new AtomicInteger(Integer.MAX_VALUE);
  final StageRegions regions = new StageRegions();
  final Peer self = Peer.of((int) ProcessHandle.current().pid(), 0);
  final ThreadPacking threads;
  final CaptureStore captures;
  final Sessions sessions;
  final Janitor janitor;
  private final List<CountDownLatch> hangs = new ArrayList<>();
  private final CountDownLatch[] hangOf = new CountDownLatch[64];
  final Error[] errorOf = new Error[64];
  private volatile boolean onlyLanesHang;
  private volatile Runnable onOwnersClock = () -> {};
  private volatile Thread ticker;

  StageRig(String... overrides) {
    this(PATIENCE, null, overrides);
  }

  StageRig(Patience patience, StageMemory stages, String... overrides) {
    this(KeptSessions.none(), patience, stages, overrides);
  }

  /** Returns a rig with a descriptor store whose manager never responds. */
  static StageRig keeping() throws IOException {
    DescriptorStore store =
        DescriptorStore.of(Map.of("NOTIFY_SOCKET", "@sluice-test-of-no-manager", "FDSTORE", "9"))
            .orElseThrow();
    return new StageRig(new KeptSessions(Optional.of(store), List.of()), PATIENCE, null);
  }

  StageRig(KeptSessions kept, Patience patience, StageMemory stages, String... overrides) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "sluice.placement.devices=8:device-copied,9:device-copied,10:device-copied",
                "sluice.threading=shared",
                "sluice.cann.probe-interval=10m"));
    all.addAll(List.of(overrides));
    Settings settings = TestSettings.with(all.toArray(String[]::new));
    captures = disk.store(settings.capture(), stages != null ? stages : regions);
    threads =
        new ThreadPacking(
            settings, System::nanoTime, (agent, error, isStopped) -> {}, () -> 2, this::laneThread);
    ThreadFactory factory = Workers.threads();
    sessions =
        new Sessions(
            settings,
            threads,
            captures,
            "test",
            kept,
            this::nanoTime,
            (plan, id, request, peer, current, problem) ->
                request.device() >= OWN_MEMORY
                    ? TestArenas.copied(plan, () -> pass(request.device()), unmapped)
                    : ArenaChoice.make(plan, id, request, peer, current, problem),
            patience,
            new Workers(
                task -> {
                  if (threadsLeft.getAndDecrement() <= 0) {
                    throw new OutOfMemoryError("unable to create native thread (test)");
                  }
                  return factory.newThread(task);
                }));
    janitor = new Janitor(sessions, threads, System::nanoTime);
  }

  private long nanoTime() {
    if (Thread.currentThread().getName().startsWith("sluice-session")) {
      onOwnersClock.run();
    }
    return System.nanoTime();
  }

  /**
   * Runs this whenever a session's owner reads the clock, which it does before each device poll.
   */
  void whenAnOwnerLooks(Runnable work) {
    onOwnersClock = work;
  }

  /** Returns a thread whose start may fail, like on a host out of threads. */
  private Thread laneThread(Runnable task) {
    return new Thread(task) {
      @Override
      public synchronized void start() {
        if (lanesLeft.getAndDecrement() <= 0) {
          throw new OutOfMemoryError("unable to create native thread (test)");
        }
        super.start();
      }
    };
  }

  /** Runs the janitor on its own thread, as a daemon does. */
  StageRig ticking() {
    Thread thread =
        new Thread(
            () -> {
              while (ticker == Thread.currentThread()) {
                janitor.doWork();
                LockSupport.parkNanos(10_000_000);
              }
            },
            "test-janitor");
    thread.setDaemon(true);
    ticker = thread;
    thread.start();
    return this;
  }

  private void pass(int device) {
    Error error = errorOf[device];
    if (error != null) {
      throw error;
    }
    CountDownLatch hang = hangOf[device];
    if (onlyLanesHang && !Thread.currentThread().getName().startsWith("sluice-lane")) {
      return;
    }
    boolean isInterrupted = false;
    while (hang != null && hang.getCount() > 0) {
      try {
        hang.await();
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Hangs every call of a lane to this device; other calls return. */
  void hangLanes(int device) {
    onlyLanesHang = true;
    hang(device);
  }

  /** Hangs every call to this device. */
  void hang(int device) {
    CountDownLatch latch = new CountDownLatch(1);
    hangs.add(latch);
    hangOf[device] = latch;
  }

  /** Releases all hung calls. */
  void unhang() {
    hangs.forEach(CountDownLatch::countDown);
  }

  static Geometry geometry() {
    Layout layout =
        Layout.of(Generation.CHIP_2026_08, Platform.A2A3, new LayoutOverrides(0, 64, 5, 6, 7, 8));
    return new Geometry(layout, CORES, THREADS, 1, 4);
  }

  static SessionRequest request(int device) {
    return request(device, geometry());
  }

  static SessionRequest request(int device, Geometry geometry) {
    return new SessionRequest(
        device,
        "test",
        geometry,
        new LayoutOverrides(0, 64, 5, 6, 7, 8),
        new BufferCounts(4, 3, 3, 4),
        Optional.empty(),
        Set.of(Placement.values()),
        0,
        0);
  }

  static <T> T join(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  static String refused(RefusedException.Reason reason, CompletionStage<?> stage) {
    ExecutionException e = assertThrows(ExecutionException.class, () -> join(stage));
    RefusedException refusal =
        assertInstanceOf(RefusedException.class, e.getCause(), () -> "" + e.getCause());
    assertEquals(reason, refusal.reason(), refusal.getMessage());
    return refusal.getMessage();
  }

  Sessions.Grant attach(int device) throws Exception {
    return join(sessions.attach(request(device), self));
  }

  Session running(int device) throws Exception {
    Session session = attach(device).session();
    join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    return session;
  }

  /** Returns a device on a second mapping of the granted memory, like another process. */
  static PlayedDevice device(Sessions.Grant grant) throws IOException {
    ArenaPlan plan = grant.session().memory().plan();
    return new PlayedDevice(memory(grant), plan, TestArena.DEVICE_BASE, THREADS);
  }

  /** Returns a second mapping of the granted memory. */
  static DeviceMemory memory(Sessions.Grant grant) throws IOException {
    ByteBuffer bytes;
    try (FileChannel channel =
        FileChannel.open(
            Path.of("/proc/self/fd/" + grant.descriptor()),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      bytes = channel.map(MapMode.READ_WRITE, 0, grant.session().memory().bytes());
    }
    return new MappedMemory(bytes);
  }

  /** Asserts that a session of another device can attach, run and settle without delay. */
  void othersGoOn(int device) throws Exception {
    Sessions.Grant grant = attach(device);
    Session session = grant.session();
    join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    PlayedDevice played = device(grant);
    int published = 0;
    while (published < 40) {
      published += played.publishAll();
    }
    assertTrue(
        join(session.runEnd(HostTime.now())).law().collected() > 0, "records of the other device");
    join(session.end(RunEnd.COMPLETE, "detached"));
  }

  @Override
  public void close() {
    disk.unblock();
    unhang();
    threadsLeft.set(Integer.MAX_VALUE);
    lanesLeft.set(Integer.MAX_VALUE);
    ticker = null;
    sessions.close();
    for (Session session : sessions.ended()) {
      // The disk still writes its backlog.
      session.capture().directory().ifPresent(this::awaitWritten);
    }
    threads.close();
    captures.close();
  }

  private void awaitWritten(Path directory) {
    while (captures.isOpen(directory)) {
      LockSupport.parkNanos(1_000_000);
    }
  }
}
