package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.device.TestArenas;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.TestDisk;
import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.SessionView.State;
import dev.sluice.session.run.ThreadPacking;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.Seeds;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random commands to the sessions of two devices, checked against a model of a few lines. Commands
 * run on the caller's thread, so a seed is reproducible; lanes have their own threads.
 */
@Tag("seeds")
class SessionModelTest {
  private static final int RUNS = 80;
  private static final int STEPS = 60;
  private static final int MAX_SESSIONS = 2;
  private static final long GRACE_NANOS = 5_000_000_000L;

  /** The minimal model of a session. */
  private static final class Model {
    private final Session session;
    private final AtomicInteger unmapped;
    private State state = State.ATTACHED;
    private boolean isLost;
    private long lostNs;
    private int connection;
    private boolean hasDeviceFailed;
    private boolean isGivenBack;
    private boolean isRevoked;
    private int timesRevoked;

    Model(Sessions.Grant grant, AtomicInteger unmapped) {
      this.session = grant.session();
      this.connection = grant.connection();
      this.unmapped = unmapped;
    }

    int device() {
      return session.device();
    }

    boolean isOver() {
      return state.isOver();
    }
  }

  private static final class Scene {
    private final Random random;
    private final ManualClock clock = new ManualClock();
    private final Peer self = Peer.of((int) ProcessHandle.current().pid(), 1000);
    private final Peer other = Peer.of((int) ProcessHandle.current().pid(), 1001);
    private final ThreadPacking threads;
    private final CaptureStore captures;
    private final StageRegions regions = new StageRegions();
    private final Sessions sessions;
    private final List<Model> models = new ArrayList<>();
    private final Set<Integer> down = new HashSet<>();
    private final List<String> history = new ArrayList<>();
    private final Set<State> reached = EnumSet.noneOf(State.class);
    private boolean hasThreads = true;
    private AtomicInteger unmapped;

    Scene(Random random) {
      this.random = random;
      var settings =
          TestSettings.with(
              "sluice.attach.resume-grace=5s",
              "sluice.attach.max-sessions=" + MAX_SESSIONS,
              "sluice.cann.probe-interval=10m",
              "sluice.threading=shared");
      threads =
          new ThreadPacking(
              settings, System::nanoTime, (agent, error, isStopped) -> {}, () -> 2, this::thread);
      captures = new TestDisk().store(settings.capture(), regions);
      sessions =
          new Sessions(
              settings,
              threads,
              captures,
              "test",
              KeptSessions.none(),
              clock,
              (plan, id, request, peer, current, problem) -> {
                unmapped = new AtomicInteger();
                return TestArenas.copied(plan, () -> {}, unmapped);
              },
              Patience.DEFAULT,
              new Workers(Workers.threads()) {
                @Override
                public void execute(Runnable work) {
                  work.run();
                }
              });
      sessions.onRevoked((session, totals) -> model(session).timesRevoked++);
      // The first tick probes every device that is down. None is; the next follows in 10 minutes.
      sessions.tend();
    }

    private Model model(Session session) {
      return models.stream().filter(model -> model.session == session).findAny().orElseThrow();
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

    private List<Model> open() {
      return models.stream().filter(model -> !model.isOver()).toList();
    }

    void step() {
      if (models.isEmpty() || random.nextInt(10) == 0) {
        attach();
      } else {
        // Includes ended sessions, which get commands, too.
        step(models.get(Math.max(0, models.size() - 1 - random.nextInt(3))));
      }
      check();
    }

    private void attach() {
      int device = StageRig.OWN_MEMORY + random.nextInt(2);
      Sessions.Grant grant =
          expect(
              "attach to " + device,
              () -> sessions.attach(StageRig.request(device), self),
              () -> {
                if (down.contains(device)) {
                  return Reason.DEVICE_DOWN;
                }
                return open().size() == MAX_SESSIONS ? Reason.BUSY : null;
              });
      if (grant != null) {
        models.add(new Model(grant, unmapped));
      }
    }

    private void step(Model model) {
      Session session = model.session;
      history.add("session " + session.id());
      switch (random.nextInt(20)) {
        case 0, 1, 2 -> start(model);
        case 3, 4 ->
            ask(model, "run end", () -> session.runEnd(HostTime.now()), () -> runEnd(model));
        case 5 ->
            rarely(
                4,
                () ->
                    ask(
                        model,
                        "detach",
                        () -> session.end(RunEnd.COMPLETE, "detached"),
                        () -> end(model, true)));
        case 6 ->
            rarely(
                6,
                () ->
                    ask(
                        model,
                        "unplug",
                        () -> session.endUnasked("unplugged"),
                        () -> revoke(model)));
        case 7, 8 -> resume(model);
        case 9 ->
            ask(
                model,
                "resume of another",
                () -> session.resume(other),
                () -> model.isOver() ? Reason.STATE : Reason.NOT_YOURS);
        case 10, 11, 12 -> lose(model);
        case 13, 14, 15 -> clock.advance(pass());
        case 16, 17 -> tick();
        default -> rarely(6, () -> fault(model));
      }
      history.add(session.view().name());
    }

    private void rarely(int oneIn, Runnable command) {
      if (random.nextInt(oneIn) == 0) {
        command.run();
      }
    }

    private void start(Model model) {
      boolean isBad = random.nextInt(8) == 0;
      hasThreads = random.nextInt(8) != 0;
      ask(
          model,
          "start",
          () ->
              model.session.start(
                  isBad ? 72 : TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()),
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

    private static Reason runEnd(Model model) {
      if (model.state != State.RUNNING) {
        return Reason.STATE;
      }
      model.state = State.SETTLED;
      return null;
    }

    private Reason end(Model model, boolean isComplete) {
      if (model.isOver()) {
        return Reason.STATE;
      }
      model.state = State.ENDED;
      model.isGivenBack = isComplete && !model.hasDeviceFailed;
      if (model.hasDeviceFailed) {
        down.add(model.device());
      }
      return null;
    }

    private Reason revoke(Model model) {
      Reason refused = end(model, false);
      model.isRevoked |= refused == null;
      return refused;
    }

    private void resume(Model model) {
      Integer connection =
          ask(
              model,
              "resume",
              () -> model.session.resume(self),
              () -> {
                if (model.isOver()) {
                  return Reason.STATE;
                }
                model.isLost = false;
                return null;
              });
      if (connection != null) {
        assertTrue(connection > model.connection, "a number of its own");
        model.connection = connection;
      }
    }

    private void lose(Model model) {
      int connection = Math.max(1, model.connection - random.nextInt(3));
      history.add("lose " + connection);
      model.session.connectionLost(connection);
      if (!model.isOver() && connection == model.connection && !model.isLost) {
        model.isLost = true;
        model.lostNs = clock.nanoTime();
      }
    }

    private long pass() {
      long nanos = random.nextInt(4) * GRACE_NANOS / 3;
      history.add("pass " + nanos);
      return nanos;
    }

    private void tick() {
      history.add("tick");
      sessions.tend();
      for (Model model : open()) {
        boolean isTooLate = model.isLost && clock.nanoTime() - model.lostNs > GRACE_NANOS;
        if (model.hasDeviceFailed || isTooLate) {
          revoke(model);
        }
      }
    }

    private void fault(Model model) {
      if (random.nextBoolean()) {
        history.add("device fails");
        if (!model.isOver()) {
          model.session.memory().giveUp("rtMemcpy returned 507000");
          model.hasDeviceFailed = true;
        }
      } else {
        history.add("give up");
        assertEquals(!model.isOver(), model.session.giveUp("it hangs"));
        if (!model.isOver()) {
          model.state = State.FAILED;
          model.isRevoked = true;
        }
      }
    }

    private interface Expected {
      /** Updates the model; returns the reason for an expected refusal, or null. */
      Reason change();
    }

    /** As {@link #expect}; an abandoned session refuses every command alike. */
    private <T> T ask(
        Model model, String command, Supplier<CompletionStage<T>> question, Expected expected) {
      return expect(
          command, question, model.state == State.FAILED ? () -> Reason.DEVICE_DOWN : expected);
    }

    /** Returns the result; null if refused as expected. */
    private <T> T expect(String command, Supplier<CompletionStage<T>> question, Expected expected) {
      history.add(command);
      Reason wanted = expected.change();
      CompletionStage<T> answer = question.get();
      assertTrue(answer.toCompletableFuture().isDone(), () -> "no answer: " + history);
      try {
        T value = answer.toCompletableFuture().join();
        assertEquals(wanted, null, () -> "not refused: " + history);
        return value;
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof RefusedException refused)) {
          throw new AssertionError(history + "", e.getCause());
        }
        assertEquals(wanted, refused.reason(), () -> history.toString());
        return null;
      }
    }

    private void check() {
      models.forEach(this::check);
      assertEquals(
          open().stream().map(model -> model.session).toList(),
          sessions.open(),
          () -> "open: " + history);
      assertEquals(down, sessions.watch().down().keySet(), () -> "devices down: " + history);
      long running = models.stream().filter(model -> model.state == State.RUNNING).count();
      assertEquals(
          running,
          threads.runners().stream().filter(hosted -> hosted.runner().isAlive()).count(),
          () -> "threads: " + history);
      assertEquals(running, threads.runners().size(), () -> "threads that ended: " + history);
      sessions.byDevice().forEach((device, sum) -> assertEquals(0, sum.law().unaccounted()));
    }

    private void check(Model model) {
      SessionView view = model.session.view();
      reached.add(view.state());
      assertEquals(model.state, view.state(), () -> history.toString());
      if (!model.isOver()) {
        assertEquals(model.isLost, view.isLost(), () -> history.toString());
      }
      assertEquals(
          model.isGivenBack ? 1 : 0, model.unmapped.get(), () -> "arenas given back: " + history);
      assertEquals(model.isRevoked ? 1 : 0, model.timesRevoked, () -> "clients told: " + history);
      assertEquals(
          model.isOver() ? 1 : 0,
          sessions.ended().stream().filter(ended -> ended == model.session).count(),
          () -> "ended: " + history);
    }

    /** Stops: ends open sessions and returns the arenas of devices that respond. */
    void stop() {
      history.add("stop");
      open().forEach(model -> end(model, false));
      for (Model model : models) {
        model.isGivenBack |= model.state == State.ENDED && !down.contains(model.device());
      }
      sessions.close();
      check();
      expect(
          "attach",
          () -> sessions.attach(StageRig.request(StageRig.OWN_MEMORY), self),
          () -> down.contains(StageRig.OWN_MEMORY) ? Reason.DEVICE_DOWN : Reason.STOPPING);
      threads.close();
      captures.close();
      regions.close();
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
          scene.stop();
          reached.addAll(scene.reached);
        });
    if (Seeds.areAll()) {
      assertTrue(
          reached.containsAll(
              Set.of(State.ATTACHED, State.RUNNING, State.SETTLED, State.ENDED, State.FAILED)),
          () -> "reached " + reached);
    }
  }
}
