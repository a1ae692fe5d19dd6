package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.DropCause;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.agent.Agent;
import dev.sluice.config.BufferCounts;
import dev.sluice.testkit.Seeds;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Checks whether the inferred cause of each drop is the injected one, record by record, against a
 * scripted device that reports each drop as it happens. Only for the generations that drop; the
 * newest waits.
 */
class DropCausesTest {
  private static final int RUNS = 12;
  private static final double WANTED = 0.95;
  private static final long JANITOR_NANOS = 100_000_000;
  private static final int HANDED_OUT_PER_STEP = 3;

  /** The injected fault of the host, and the cause that its drops must get. */
  private enum Regime {
    /** No fault; drops are left over from earlier faults. */
    HEALTHY(null, Set.of()),
    /** All agents stand still, as in a long pause of the process. */
    HOST_PAUSED(DropCause.HOST_LATE, Set.of("drain", "refill", "collector")),
    /** Only the drain thread is off its CPU. */
    DRAIN_PAUSED(DropCause.HOST_LATE, Set.of("drain")),
    /** Only the refill thread is off its CPU. */
    REFILL_PAUSED(DropCause.HOST_LATE, Set.of("refill")),
    /** Storage accepts nothing: no buffer returns. */
    STORAGE_STUCK(DropCause.POOL_EXHAUSTED, Set.of("collector")),
    /** Collectors are slower than the device: a burst that the pool cannot absorb. */
    COLLECTORS_SLOW(DropCause.POOL_EXHAUSTED, Set.of()),
    /** Fills the ready queues with bogus entries while the drain is paused. */
    READY_QUEUE_FULL(DropCause.READY_QUEUE_FULL, Set.of("drain"));

    private final DropCause cause;

    @SuppressWarnings("ImmutableEnumChecker") // Set.of is immutable
    private final Set<String> standing;

    Regime(DropCause cause, Set<String> standing) {
      this.cause = cause;
      this.standing = standing;
    }
  }

  /** Record counts by injected and inferred cause. */
  private static final class Table {
    private final long[][] counts = new long[DropCause.ALL.size()][DropCause.ALL.size()];

    void add(DropCause injected, long[] inferred) {
      for (int i = 0; i < inferred.length; i++) {
        counts[injected.ordinal()][i] += inferred[i];
      }
    }

    long injected(DropCause cause) {
      long sum = 0;
      for (long count : counts[cause.ordinal()]) {
        sum += count;
      }
      return sum;
    }
  }

  /** One run: a device that never rests, and a host with injected faults. */
  private static final class Scene {
    private final EngineRun engine;
    private final Random random;
    private final List<Agent> standing = new ArrayList<>();
    private final long[] truth = new long[DropCause.ALL.size()];
    private final long[] right = new long[DropCause.ALL.size()];
    private final long[] truthBefore = new long[DropCause.ALL.size()];
    private final long[] inferredBefore = new long[DropCause.ALL.size()];
    private Regime regime = Regime.HEALTHY;
    private DropCause truthNow = DropCause.HOST_LATE;
    private long janitorNs;

    Scene(Generation generation, Random random, boolean isSmall, int level) {
      this.random = random;
      Layout layout = Layout.of(generation, Platform.A2A3, new LayoutOverrides(0, 128, 5, 6, 7, 8));
      int slack = isSmall ? 0 : 4;
      engine =
          new EngineRun(
              new TestArena(
                  TestArena.plan(
                      new Geometry(layout, 3, 2, 1, level),
                      new BufferCounts(5 + slack, 5 + slack, 5 + slack, 6 + slack))),
              TestSettings.with("sluice.drain.groups=1"));
      engine.device.onDrop((pool, records) -> truth[truthNow.ordinal()] += records);
      engine.device.launch();
    }

    void enter(Regime next) {
      regime = next;
      if (next.cause != null) {
        truthNow = next.cause;
      }
      standing.clear();
      for (Agent agent : engine.agents) {
        if (next.standing.contains(agent.roleName())) {
          standing.add(agent);
        }
      }
      if (next == Regime.READY_QUEUE_FULL) {
        fillReadyQueues();
      }
    }

    private void fillReadyQueues() {
      for (int thread = 0; thread < engine.device.threadCount(); thread++) {
        for (int i = 0; i < engine.plan.layout().queueEntries(); i++) {
          engine.device.forge(thread, 0, 99, 0, 0);
        }
      }
      engine.device.runUntilBlocked();
    }

    /** Advances device and host by some microseconds. */
    void step() {
      for (int i = 0; i < HANDED_OUT_PER_STEP; i++) {
        int core = random.nextInt(engine.plan.geometry().numCores());
        if (engine.device.isIdle(engine.device.threadOfCore(core))) {
          engine.device.task(core);
          if (random.nextInt(3) == 0) {
            engine.device.phase(engine.device.threadOfCore(core));
          }
        }
      }
      for (int i = 0; i < 12; i++) {
        engine.device.step(random.nextInt(engine.device.threadCount()));
      }
      for (Agent agent : engine.agents) {
        boolean isSlow =
            regime == Regime.COLLECTORS_SLOW
                && agent.roleName().equals("collector")
                && random.nextInt(400) != 0;
        if (!standing.contains(agent) && !isSlow) {
          agent.doWork();
        }
      }
      engine.clock.advance(random.nextInt(25_000));
      if (engine.clock.nanoTime() - janitorNs >= JANITOR_NANOS) {
        janitorNs = engine.clock.nanoTime();
        reconcile();
      }
    }

    /** Acts as the janitor and counts correct attributions. */
    void reconcile() {
      long[] inferred = inferred();
      for (int cause = 0; cause < inferred.length; cause++) {
        right[cause] +=
            Math.min(truth[cause] - truthBefore[cause], inferred[cause] - inferredBefore[cause]);
        truthBefore[cause] = truth[cause];
        inferredBefore[cause] = inferred[cause];
      }
    }

    /** Runs all agents until all buffers are home, so that later drops have their own cause. */
    void recover() {
      // The first generation waits 200 us before it skips a bogus entry.
      long pace = regime == Regime.READY_QUEUE_FULL ? 250_000 : 2_000;
      enter(Regime.HEALTHY);
      for (int i = 0; i < 40 || readyEntries() > 0; i++) {
        assertTrue(i < 10_000, "the ready queues do not become empty");
        for (Agent agent : engine.agents) {
          agent.doWork();
        }
        engine.clock.advance(pace);
      }
    }

    private int readyEntries() {
      int entries = 0;
      for (int queue = 0; queue < engine.plan.layout().queueCount(); queue++) {
        entries += engine.run.books().readyEntries(queue);
      }
      return entries;
    }

    long[] inferred() {
      long[] inferred = new long[DropCause.ALL.size()];
      for (long[] ofKind : engine.run.count().drops) {
        for (int cause = 0; cause < inferred.length; cause++) {
          inferred[cause] += ofKind[cause];
        }
      }
      // No device counts these.
      inferred[DropCause.INFERRED.ordinal()] = 0;
      return inferred;
    }
  }

  private static void expectAttributed(Regime regime, int stretch) {
    Table table = new Table();
    for (Generation generation : List.of(Generation.L2_2026_06, Generation.L2_2026_07)) {
      Seeds.forEach(
          RUNS,
          random -> {
            // The scripted device's phases do not support a full ready queue, which C4 rules out.
            int level = regime == Regime.READY_QUEUE_FULL ? 2 : 4;
            Scene scene = new Scene(generation, random, random.nextBoolean(), level);
            for (int episode = 0; episode < 6; episode++) {
              scene.enter(regime);
              for (int i = 50 + random.nextInt(stretch); i > 0; i--) {
                scene.step();
              }
              scene.recover();
              for (int i = random.nextInt(stretch); i > 0; i--) {
                scene.step();
              }
            }
            table.add(regime.cause, scene.inferred());
          });
    }
    report(regime.name(), table);
    assertAttributed(regime.name(), table);
  }

  private static void report(String name, Table table) {
    for (DropCause injected : DropCause.ALL) {
      if (table.injected(injected) > 0) {
        StringBuilder line = new StringBuilder("ATTRIBUTION ").append(name).append(", injected ");
        line.append(injected.label()).append(':');
        for (DropCause inferred : DropCause.ALL) {
          long count = table.counts[injected.ordinal()][inferred.ordinal()];
          if (count > 0) {
            line.append(' ').append(inferred.label()).append(' ').append(count);
          }
        }
        System.out.println(line);
      }
    }
  }

  private static void assertAttributed(String name, Table table) {
    for (DropCause injected : DropCause.ALL) {
      long all = table.injected(injected);
      if (all > 0) {
        double right = (double) table.counts[injected.ordinal()][injected.ordinal()] / all;
        assertTrue(
            right >= WANTED,
            String.format(Locale.ROOT, "%s: %.1f %% of %d", name, 100 * right, all));
      }
    }
    if (Seeds.areAll()) {
      long sum = 0;
      for (DropCause injected : DropCause.ALL) {
        sum += table.injected(injected);
      }
      assertTrue(sum > 2_000, name + ": only " + sum + " records were dropped");
    }
  }

  @Test
  void shouldKnowAHostThatStoodStill() {
    expectAttributed(Regime.HOST_PAUSED, 300);
  }

  @Test
  void shouldKnowAHostThatStoodStillForLongerThanTheJanitorWaits() {
    expectAttributed(Regime.HOST_PAUSED, 20_000);
  }

  @Test
  void shouldKnowADrainThatWasAway() {
    expectAttributed(Regime.DRAIN_PAUSED, 2_000);
  }

  @Test
  void shouldKnowARefillThatWasAway() {
    expectAttributed(Regime.REFILL_PAUSED, 2_000);
  }

  @Test
  void shouldKnowStorageThatTakesNothing() {
    expectAttributed(Regime.STORAGE_STUCK, 2_000);
  }

  @Test
  void shouldKnowCollectorsThatAreTooSlow() {
    expectAttributed(Regime.COLLECTORS_SLOW, 2_000);
  }

  @Test
  void shouldKnowAFullReadyQueue() {
    expectAttributed(Regime.READY_QUEUE_FULL, 2_000);
  }

  /**
   * Any regime after any other, several within one janitor interval, so that only what refill
   * recorded at the time can distinguish them.
   */
  @Test
  void shouldTellMixturesApart() {
    long[] injected = new long[DropCause.ALL.size()];
    long[] right = new long[DropCause.ALL.size()];
    Regime[] regimes = {
      Regime.HOST_PAUSED,
      Regime.DRAIN_PAUSED,
      Regime.REFILL_PAUSED,
      Regime.STORAGE_STUCK,
      Regime.COLLECTORS_SLOW,
    };
    for (Generation generation : List.of(Generation.L2_2026_06, Generation.L2_2026_07)) {
      Seeds.forEach(
          RUNS,
          random -> {
            Scene scene = new Scene(generation, random, false, 4);
            for (int episode = 0; episode < 30; episode++) {
              scene.enter(regimes[random.nextInt(regimes.length)]);
              for (int i = 100 + random.nextInt(1_500); i > 0; i--) {
                scene.step();
              }
              scene.recover();
            }
            scene.reconcile();
            for (int cause = 0; cause < injected.length; cause++) {
              injected[cause] += scene.truth[cause];
              right[cause] += scene.right[cause];
            }
            assertEquals(sum(scene.truth), sum(scene.inferred()), "every drop has one cause");
          });
    }
    for (DropCause cause : DropCause.ALL) {
      if (injected[cause.ordinal()] > 0) {
        double share = (double) right[cause.ordinal()] / injected[cause.ordinal()];
        String line =
            String.format(
                Locale.ROOT,
                "ATTRIBUTION mixture, injected %s: %.2f %% of %d",
                cause.label(),
                100 * share,
                injected[cause.ordinal()]);
        System.out.println(line);
        assertTrue(share >= WANTED, line);
      }
    }
  }

  private static long sum(long[] values) {
    long sum = 0;
    for (long value : values) {
      sum += value;
    }
    return sum;
  }
}
