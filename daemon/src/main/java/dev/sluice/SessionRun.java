package dev.sluice;

import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.FaultSettings;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.ingest.RunEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One run of a device in an arena: the engine, built for this run alone and thrown away after it,
 * how it is brought to rest, and the books that are kept of it.
 *
 * <p>Life: construct (the region is initialised and the free queues are full), let a crew step
 * {@link #steppedAgents}, take them off their threads, {@link #settle}.
 *
 * <p>The lock guards the books: the janitor counts and samples them, scrapes read them, and a
 * control thread settles, holding it until all is drained. No agent takes it. The arena must stay
 * mapped for all of this; the session's lock sees to that.
 *
 * <p>A device that fails meanwhile is no error here: what it still held stays in flight in the
 * books.
 */
final class SessionRun {
  // Far more than draining a full arena takes; ends a settlement whose sink never has room, or
  // whose device is said to be complete and goes on writing.
  private static final int MAX_SETTLE_CYCLES = 100_000;

  private final ArenaPlan plan;
  private final DeviceMemory memory;
  private final NanoClock clock;
  private final RunEngine engine;
  private final RunBooks books;
  private final RunCapture capture;
  private final FaultSettings faults;
  private final SessionHeadroom headroom;
  private final RunDrops drops;

  private RunTotals totals = new RunTotals();
  private boolean isSettled;

  /**
   * Initialises the region and fills the free queues; nothing runs yet.
   *
   * @param deviceBase the address at which the device sees arena byte 0
   * @param parks of the thread that will run the drain agents
   * @param checks what else looks at the records
   * @param capture makes the sink of each collector
   */
  SessionRun(
      ArenaPlan plan,
      DeviceMemory memory,
      long deviceBase,
      Settings settings,
      NanoClock clock,
      ParkMeter parks,
      Supplier<ContentChecks> checks,
      RunCapture capture) {
    this.plan = plan;
    this.capture = capture;
    this.memory = memory;
    this.faults = settings.faults();
    this.clock = clock;
    ContentChecks contentChecks = checks.get();
    Arena.initialise(memory, plan);
    engine =
        new RunEngine(plan, memory, deviceBase, settings, clock, parks, contentChecks, capture);
    DrainAgent[] drains = engine.drains();
    CollectorAgent[] collectors = engine.collectors();
    RefillAgent refill = engine.refill();
    books = new RunBooks(plan, memory, drains, refill, collectors, contentChecks);
    drops = new RunDrops(plan, memory, books, drains, refill.shortages());
    refill.seed();
    headroom =
        new SessionHeadroom(
            plan,
            drains,
            refill,
            collectors,
            books,
            capture,
            settings.headroom(),
            clock.nanoTime());
  }

  /** In the order in which one thread should step them. */
  List<Agent> agents() {
    return engine.agents();
  }

  private List<Agent> agentsBut(Agent left) {
    List<Agent> agents = engine.agents();
    agents.remove(left);
    return agents;
  }

  /** The same as a thread should step them: as slow as the configuration asks for. */
  List<Agent> steppedAgents() {
    return SlowedAgents.of(agents(), faults, clock);
  }

  /**
   * Drains what is published, salvages what is left, and closes the books. The agents must have
   * been taken off their threads; they are stepped here.
   *
   * @param end if not complete, the device still runs: it gets no buffer while it is drained, or
   *     that would have no end, nothing is salvaged, and what it holds stays in flight
   */
  synchronized void settle(RunEnd end) {
    if (isSettled) {
      return;
    }
    engine.liftThrottles();
    if (end.isComplete() && memory.failure() == 0) {
      engine.endGrace();
    }
    RefillAgent refill = engine.refill();
    stepUntilQuiet(end.isComplete() ? agents() : agentsBut(refill));
    if (!end.isComplete()) {
      refill.doWork(); // what was drained, for a device that goes on without this host for a while
    }
    refill.gate().release();
    if (end.isComplete() && memory.failure() == 0) {
      engine.salvage(end == RunEnd.DIED, clock.nanoTime(), () -> stepUntilQuiet(agents()));
      stepUntilQuiet(agents());
    }
    // What a device that failed still held can neither be had nor be called lost.
    totals = books.count(memory.failure() == 0 ? end : RunEnd.NOT_YET);
    // The end of a run that was too short for the janitor counts, too.
    headroom.sample(clock.nanoTime());
    isSettled = true;
  }

  /**
   * Until a whole round has moved nothing, twice: what the first left may enable the second. A
   * capture that is behind gets its time, but not for ever: in the end it counts what it loses.
   */
  private void stepUntilQuiet(List<Agent> agents) {
    long waitUntilNs = clock.nanoTime() + capture.patienceNanos();
    int quiet = 0;
    for (int cycle = 0; quiet < 2 && cycle < MAX_SETTLE_CYCLES; cycle++) {
      int work = 0;
      for (Agent agent : agents) {
        work += agent.doWork();
      }
      if (work == 0 && engine.isHolding()) {
        if (clock.nanoTime() - waitUntilNs < 0) {
          capture.pause();
        } else {
          capture.stopWaiting();
        }
        continue;
      }
      quiet = work == 0 ? quiet + 1 : 0;
    }
  }

  /** Which AICPU thread serves which core, as the device wrote it; -1 for none. */
  List<Integer> coreToThread() {
    List<Integer> threads = new ArrayList<>();
    for (int core = 0; core < plan.geometry().numCores(); core++) {
      threads.add(RunDrops.coreToThread(plan, memory, core));
    }
    return threads;
  }

  /** The books as they stand; final after {@link #settle}. Any thread. */
  synchronized RunTotals totals() {
    if (!isSettled) {
      totals = books.count(RunEnd.NOT_YET);
    }
    return totals;
  }

  /** The counters behind {@link #totals}: latencies and evidence. */
  RunBooks books() {
    return books;
  }

  /** Takes a sample for the headroom. Janitor, and again where the books have just been counted. */
  synchronized void sampleHeadroom() {
    if (!isSettled) {
      headroom.sample(clock.nanoTime());
    }
  }

  /** Tells of the drops since it was called last, each with its evidence. */
  synchronized void tellDrops(Consumer<DropEvent> listener) {
    drops.tell(headroom.headroom(), engine.handoffEntries(), listener);
  }

  /** How near each ceiling is, as of the last sample. Any thread. */
  Headroom headroom() {
    return headroom.headroom();
  }

  /** The agents and what they share, for whoever shows or packs them. */
  RunEngine engine() {
    return engine;
  }
}
