package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.agent.NanoClock;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.device.TestArenas;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.TestDisk;
import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.SessionView.State;
import dev.sluice.session.run.RunTotals;
import dev.sluice.session.run.ThreadPacking;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.Seeds;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random commands to one session, beside a model of it that is a few lines long. Commands are done
 * on the caller's thread, so a seed is the same each time; lanes have threads of their own.
 */
@Timeout(300)
class SessionModelTest {
  private static final int RUNS = 60;
  private static final int STEPS = 40;
  private static final long GRACE_NANOS = 5_000_000_000L;

  private static final Settings SETTINGS =
      TestSettings.with("sluice.attach.resume-grace=5s", "sluice.threading=shared");

  /** What a session is, in the fewest words. */
  private static final class Model {
    private State state = State.ATTACHED;
    private boolean isLost;
    private long lostNs;
    private int connection = 1;
    private boolean hasDeviceFailed;
    private boolean isGivenBack;

    boolean isOver() {
      return state.isOver();
    }

    void end(boolean isComplete) {
      state = State.ENDED;
      isGivenBack = isComplete && !hasDeviceFailed;
    }
  }

  private static final class Scene implements Stage {
    private final Random random;
    private final ManualClock clock = new ManualClock();
    private final AtomicInteger unmapped = new AtomicInteger();
    private final AtomicInteger over = new AtomicInteger();
    private boolean hasThreads = true;
    private final ThreadPacking threads =
        new ThreadPacking(
            SETTINGS, System::nanoTime, (agent, error, isStopped) -> {}, () -> 2, this::thread);
    private final SessionCapture.Maker captures =
        new SessionCapture.Maker(
            new TestDisk().store(SETTINGS.capture(), new StageRegions()), "test", 1);
    private final DropLog drops = new DropLog(16);
    private final Peer self = Peer.of((int) ProcessHandle.current().pid(), 1000);
    private final Peer other = Peer.of((int) ProcessHandle.current().pid(), 1001);
    private final Model model = new Model();
    private final List<String> history = new ArrayList<>();
    private final Set<State> reached = EnumSet.noneOf(State.class);
    private final Session session;

    Scene(Random random) throws ArenaRefusedException {
      this.random = random;
      SessionRequest request = StageRig.request(StageRig.OWN_MEMORY);
      ArenaPlan plan = ArenaPlan.of(request.geometry(), request.buffers(), 1 << 24);
      session =
          new Session(
              1, request, TestArenas.copied(plan, () -> {}, unmapped), self, SETTINGS, this);
    }

    private Thread thread(Runnable task) {
      return new Thread(task) {
        @Override
        public synchronized void start() {
          if (!hasThreads) {
            throw new OutOfMemoryError("no thread (test)");
          }
          super.start();
        }
      };
    }

    void step() {
      switch (random.nextInt(14)) {
        case 0, 1, 2 -> start();
        case 3, 4 -> expect("run end", session.runEnd(), this::runEnd);
        case 5 -> {
          if (random.nextInt(4) == 0) {
            expect("detach", session.end(RunEnd.COMPLETE, "detached"), () -> end(true));
          }
        }
        case 6 -> {
          if (random.nextInt(6) == 0) {
            expect("unplug", session.endUnasked("unplugged"), () -> end(false));
          }
        }
        case 7, 8 -> expect("resume", session.resume(self), this::resume);
        case 9 ->
            expect(
                "resume of another",
                session.resume(other),
                () -> model.isOver() ? Reason.STATE : Reason.NOT_YOURS);
        case 10 -> lose();
        case 11 -> pass();
        case 12 -> tick();
        default -> rareFault();
      }
      history.add(session.view().name());
      check();
    }

    private void start() {
      boolean isBad = random.nextInt(8) == 0;
      hasThreads = random.nextInt(8) != 0;
      expect(
          "start",
          session.start(isBad ? 72 : TestArena.DEVICE_BASE),
          () -> {
            if (model.state != State.ATTACHED && model.state != State.SETTLED) {
              return Reason.STATE;
            }
            if (isBad) {
              return Reason.MALFORMED;
            }
            if (model.hasDeviceFailed) {
              return Reason.DEVICE_DOWN;
            }
            if (!hasThreads) {
              return Reason.BUSY;
            }
            model.state = State.RUNNING;
            return null;
          });
      hasThreads = true;
    }

    private Reason runEnd() {
      if (model.state != State.RUNNING) {
        return Reason.STATE;
      }
      model.state = State.SETTLED;
      return null;
    }

    private Reason end(boolean isComplete) {
      if (model.isOver()) {
        return Reason.STATE;
      }
      model.end(isComplete);
      return null;
    }

    private Reason resume() {
      if (model.isOver()) {
        return Reason.STATE;
      }
      model.isLost = false;
      model.connection++;
      return null;
    }

    private void lose() {
      int connection = Math.max(1, model.connection - random.nextInt(3));
      history.add("lose " + connection);
      session.connectionLost(connection);
      if (!model.isOver() && connection == model.connection && !model.isLost) {
        model.isLost = true;
        model.lostNs = clock.nanoTime();
      }
    }

    private void pass() {
      long nanos = random.nextInt(4) * GRACE_NANOS / 3;
      history.add("pass " + nanos);
      clock.advance(nanos);
    }

    private void tick() {
      history.add("tick");
      session.tick();
      boolean isTooLate = model.isLost && clock.nanoTime() - model.lostNs > GRACE_NANOS;
      if (!model.isOver() && (model.hasDeviceFailed || isTooLate)) {
        model.end(false);
      }
    }

    private void rareFault() {
      switch (random.nextInt(12)) {
        case 0 -> {
          history.add("device fails");
          if (!model.isOver()) {
            session.memory().giveUp("rtMemcpy returned 507000");
            model.hasDeviceFailed = true;
          }
        }
        case 1 -> {
          history.add("give up");
          assertEquals(!model.isOver(), session.giveUp("it hangs"));
          if (!model.isOver()) {
            model.state = State.FAILED;
          }
        }
        default -> history.add("nothing");
      }
    }

    private interface Expected {
      /** Changes the model; returns why it must be refused, or null. */
      Reason change();
    }

    private void expect(String command, CompletionStage<?> stage, Expected expected) {
      history.add(command);
      boolean wasFailed = model.state == State.FAILED;
      Reason wanted = expected.change();
      if (wasFailed) {
        wanted = Reason.DEVICE_DOWN; // whatever is asked of it
      }
      Reason got = null;
      assertTrue(stage.toCompletableFuture().isDone(), () -> "no answer: " + history);
      try {
        stage.toCompletableFuture().join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof RefusedException refused)) {
          throw new AssertionError(history + "", e.getCause());
        }
        got = refused.reason();
      }
      assertEquals(wanted, got, () -> history.toString());
    }

    private void check() {
      SessionView view = session.view();
      reached.add(view.state());
      assertEquals(model.state, view.state(), () -> history.toString());
      if (!model.isOver()) {
        assertEquals(model.isLost, view.isLost(), () -> history.toString());
      }
      assertEquals(model.isOver() ? 1 : 0, over.get(), () -> "told of its end: " + history);
      assertEquals(
          model.isGivenBack ? 1 : 0, unmapped.get(), () -> "arenas given back: " + history);
      assertEquals(0, view.totals().law().unaccounted(), () -> history.toString());
      int lanes = (int) threads.runners().stream().filter(h -> h.runner().isAlive()).count();
      assertEquals(model.state == State.RUNNING ? 1 : 0, lanes, () -> "threads: " + history);
    }

    @Override
    public NanoClock clock() {
      return clock;
    }

    @Override
    public ThreadPacking threads() {
      return threads;
    }

    @Override
    public SessionCapture.Maker captures() {
      return captures;
    }

    @Override
    public DropLog drops() {
      return drops;
    }

    @Override
    public Executor workers() {
      return Runnable::run;
    }

    @Override
    public Patience patience() {
      return Patience.DEFAULT;
    }

    @Override
    public long diskNanos() {
      return 0;
    }

    @Override
    public long windowNanos() {
      return GRACE_NANOS;
    }

    @Override
    public void tellOfFailure(Session of) {}

    @Override
    public void revoked(Session of, RunTotals totals) {}

    @Override
    public void over(Session of) {
      over.incrementAndGet();
    }
  }

  @Test
  void shouldDoWhatTheModelDoes() {
    Set<State> reached = EnumSet.noneOf(State.class);
    Seeds.forEach(
        RUNS,
        random -> {
          Scene scene = new Scene(random);
          for (int i = 0; i < STEPS; i++) {
            scene.step();
          }
          reached.addAll(scene.reached);
          scene.session.endHere(RunEnd.COMPLETE, "end of the test");
          scene.threads.close();
        });
    if (Seeds.areAll()) {
      assertTrue(
          reached.containsAll(
              Set.of(State.ATTACHED, State.RUNNING, State.SETTLED, State.ENDED, State.FAILED)),
          () -> "reached " + reached);
    }
  }
}
