package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.abi.SyntheticContent;
import dev.sluice.config.Settings;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.CaptureThreads;
import dev.sluice.output.capture.StageMemory;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachRequest.Overrides;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.session.Janitor;
import dev.sluice.session.KeptSessions;
import dev.sluice.session.Sessions;
import dev.sluice.session.StageRegions;
import dev.sluice.session.run.ThreadPacking;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.TestSettings;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A session desk with real threads and memory, as the attach server uses it. */
final class BrokerRig implements AutoCloseable {
  static final int CORES = 4;
  static final int THREADS = 2;
  static final SyntheticContent.Recipe SYNTHETIC =
      new SyntheticContent.Recipe(9, 1_000_000, 10_000, true);
  static final Overrides SMALL = new Overrides(0, 64, List.of(5, 6, 7, 8), List.of(4, 3, 3, 4), 0);

  final ManualClock clock = new ManualClock();
  final PeerCredentials self =
      new PeerCredentials((int) ProcessHandle.current().pid(), 0, List.of());
  Sessions sessions;
  private Janitor janitor;
  SessionDesk manager = manager();

  private SessionDesk manager(String... overrides) {
    return manager(new StageRegions(), overrides);
  }

  private SessionDesk manager(StageMemory stages, String... overrides) {
    Settings settings = TestSettings.with(overrides);
    CaptureStore captures =
        CaptureStore.open(settings.capture(), stages, CaptureThreads.AS_THEY_ARE);
    ThreadPacking threads =
        new ThreadPacking(
            settings,
            System::nanoTime,
            (agent, error, isStopped) -> {
              throw new AssertionError(agent.roleName(), error);
            },
            () -> 2);
    sessions = new Sessions(settings, threads, captures, "test", KeptSessions.none(), clock);
    janitor = new Janitor(sessions, threads, clock);
    return new SessionDesk(sessions);
  }

  /** Runs one janitor cycle. */
  void tend() {
    janitor.doWork();
  }

  /** Restarts with other settings. */
  void restart(String... overrides) {
    sessions.close();
    manager = manager(overrides);
  }

  /** Restarts with other settings and the caller's stage memory. */
  void restart(StageMemory stages, String... overrides) {
    sessions.close();
    manager = manager(stages, overrides);
  }

  static AttachRequest request(int device, Overrides overrides) {
    return request(device, overrides, AttachRequest.Reach.ofSim());
  }

  static AttachRequest request(int device, Overrides overrides, AttachRequest.Reach reach) {
    return new AttachRequest(
        device,
        AttachRequest.Wire.of("chip-2026.08/a2a3"),
        4,
        CORES,
        THREADS,
        1,
        overrides,
        Optional.of(SYNTHETIC),
        reach,
        "test",
        0);
  }

  /** A request with the given wire words and defaults for the rest. */
  static AttachRequest request(AttachRequest.Wire wire) {
    return new AttachRequest(
        0,
        wire,
        4,
        CORES,
        THREADS,
        1,
        Overrides.none(),
        Optional.of(SYNTHETIC),
        AttachRequest.Reach.ofSim(),
        "test",
        0);
  }

  static <T> T join(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  Granted attach(int device) throws Exception {
    return join(manager.attach(request(device, SMALL), self));
  }

  static String refused(AttachStatus status, CompletionStage<?> stage) {
    ExecutionException e = assertThrows(ExecutionException.class, () -> join(stage));
    AttachRefusedException refusal =
        assertInstanceOf(AttachRefusedException.class, e.getCause(), () -> "" + e.getCause());
    assertEquals(status, refusal.status(), refusal.getMessage());
    return refusal.getMessage();
  }

  @Override
  public void close() {
    sessions.close();
  }
}
