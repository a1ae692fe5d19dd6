package dev.sluice.session.run;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.Region;
import dev.sluice.abi.ScopeCapacities;
import dev.sluice.abi.ScopeStatsHeader;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.RunEnd;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run of a device in an arena, together with the runs that overlap it: the engine, built for them
 * and discarded after the last one, its shutdown, and the books.
 *
 * <p>Lifecycle: construct (initialises the region and fills the free queues), let a crew step
 * {@link #agents}, take the agents off their threads, {@link #settle}. While it is open, another
 * run may {@link #begin}; {@link #endFirst} then ends the oldest one.
 *
 * <p>Session owner only, except for latencies and the last headroom, which any thread may read. The
 * arena must stay mapped throughout.
 *
 * <p>A device failure is not an error here: whatever the device still held stays in flight.
 */
public final class Run {
  private static final Logger log = LoggerFactory.getLogger(Run.class);

  // Far more than draining a full arena takes. Bounds a settlement whose sink never has room, or
  // whose device keeps writing after it was reported complete.
  private static final int MAX_SETTLE_CYCLES = 100_000;

  // How long the counters of a device reported complete are watched: a few milliseconds.
  private static final int LOOKS_AT_REST = 20;
  private static final long LOOK_NANOS = 100_000;
  // Published buffers that have not arrived after a second never will.
  private static final int LOOKS_FOR_THE_REST = 1_000;
  private static final long LOOK_FOR_THE_REST_NANOS = 1_000_000;

  /** Place of the first run. */
  public static final int FIRST_PLACE = 0;

  private final RunSetup setup;
  private final ArenaPlan plan;
  private final DeviceMemory memory;
  private final NanoClock clock;
  private final RunEngine engine;
  private final RunBooks books;
  private final RunReports reports;
  private final RunHeadroom headroom;
  // Agents that failed while settling, or failed too often; never stepped again.
  private final Set<Agent> broken = Collections.newSetFromMap(new IdentityHashMap<>());

  private volatile RunTotals totals = new RunTotals();
  private boolean isSettled;

  /** Callbacks to the owner while a run settles. */
  public interface Settling {
    /** Does nothing and does not wait for a disk. */
    Settling AT_ONCE =
        new Settling() {
          @Override
          public void step() {}

          @Override
          public boolean waitForDisk() {
            return false;
          }
        };

    /** Called before each round; a round may hang in a device call. */
    void step();

    /**
     * Waits a moment for a sink without room.
     *
     * @return false if the disk's time is up: what does not fit is lost from now on
     */
    boolean waitForDisk();
  }

  /** Initialises the region and fills the free queues; starts nothing. */
  public Run(RunSetup setup) {
    this(setup, initialised(setup));
    engine.refill().seed();
    Arena.seedIdlePools(memory, plan, setup.deviceBase());
    Arena.placePmuRings(memory, plan, setup.deviceBase());
    begin(FIRST_PLACE, setup.runEpoch());
  }

  private static RunEngine initialised(RunSetup setup) {
    Arena.initialise(setup.memory(), setup.plan());
    return new RunEngine(setup);
  }

  private Run(RunSetup setup, RunEngine engine) {
    this.setup = setup;
    this.engine = engine;
    plan = setup.plan();
    memory = setup.memory();
    clock = setup.clock();
    books = new RunBooks(setup, engine);
    reports = new RunReports(setup.plan(), engine, books);
    headroom = new RunHeadroom(setup, engine, books);
  }

  /**
   * Takes over a run of a dead host, possibly while the device is running. Each buffer is collected
   * once, by that host or by this one.
   *
   * @param saved written by {@link #save}; null if it cannot be read
   * @param isLent whether a guard has lent a buffer since
   * @throws IOException one line, if the saved state is not credible; the device sees no change
   */
  public static Run resumed(RunSetup setup, DataInput saved, IntPredicate isLent)
      throws IOException {
    RunEngine engine = RunEngine.resumed(setup, isLent);
    Run run = new Run(setup, engine);
    if (saved == null) {
      run.books.assume();
    } else {
      run.books.resume(saved);
    }
    run.reports.resume();
    return run;
  }

  /**
   * Sets what a guard has recycled of the open runs while no host was running.
   *
   * @param records by kind, as reported by the client
   * @param isKnown false if the client may have more to report
   */
  public void recycled(long[] records, boolean isKnown) {
    books.recycled(records, isKnown);
  }

  /** Writes the last counts for {@link #resumed}; everything else is in the host state. */
  public void save(DataOutput out) throws IOException {
    books.save(out);
  }

  /** Returns the place at which another run could begin now; {@link OpenRuns#OTHER} if none can. */
  public int placeFor(long epoch) {
    // Only terminal lines give the counts of one of several overlapping runs; only the swimlane has
    // them.
    boolean canOverlap =
        plan.geometry().regions() == Region.SWIMLANE_ONLY
            && plan.layout().facts().hasCountedEntries()
            && plan.layout().facts().terminalBanks() > 0;
    return canOverlap ? engine.runs().placeFor(epoch) : OpenRuns.OTHER;
  }

  /** Opens a run at its place; its buffers are accepted from now on. */
  public void begin(int place, long epoch) {
    books.begin(place);
    engine.runs().open(epoch);
  }

  /** Whether other runs are open besides the oldest. */
  public boolean isOverlapped() {
    return books.openRuns() > 1;
  }

  /**
   * Ends the oldest run by the terminal lines of its producers, while the device and the agents
   * continue with the next one.
   *
   * @return its books; empty, with nothing changed, if the device has not ended it or the disk is
   *     too slow for its published buffers
   */
  public Optional<RunTotals> endFirst(Settling owner) {
    boolean isEnded = false;
    for (int look = 0; look < LOOKS_FOR_THE_REST; look++) {
      owner.step();
      isEnded = books.isFirstEnded();
      if (isEnded && books.isFirstCollected()) {
        break;
      }
      if (!engine.isSinkFull()) {
        LockSupport.parkNanos(LOOK_FOR_THE_REST_NANOS);
      } else if (owner.waitForDisk()) {
        look = 0;
      } else {
        return Optional.empty();
      }
    }
    if (!isEnded) {
      return Optional.empty();
    }
    RunTotals first = books.closeFirst();
    count();
    return Optional.of(first);
  }

  /** Returns the epoch that the device stamps into buffers of the oldest run; 0 while unknown. */
  public long epoch() {
    return books.firstEpoch();
  }

  /** Returns the agents in the order in which a single thread should step them. */
  public List<Agent> agents() {
    return engine.agents();
  }

  /**
   * Drains published buffers and checks that the device is at rest: its counters must not move
   * during the drain and a moment longer. The agents must be off their threads; if the result is
   * false, they can be restarted without loss.
   */
  public boolean isComplete(Settling owner) {
    if (memory.failure() != 0) {
      return true; // a failed device is not read again
    }
    long before = books.lookAtDevice();
    int quiet = 0;
    while (quiet < LOOKS_AT_REST) {
      owner.step();
      int work = 0;
      for (Agent agent : agents()) {
        work += step(agent);
      }
      if (books.lookAtDevice() != before) {
        return false;
      }
      if (work > 0) {
        quiet = 0;
      } else if (engine.isHolding() && broken.isEmpty()) {
        if (!owner.waitForDisk()) {
          return true; // the settlement continues without waiting
        }
      } else {
        quiet++;
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
    return true;
  }

  /**
   * Drains published buffers, salvages the rest, and closes the books. The agents must be off their
   * threads; this method steps them.
   *
   * @param end if not complete, the device still runs: it gets no buffers during the drain, which
   *     would otherwise never finish; nothing is salvaged, and what the device holds stays in
   *     flight
   */
  public void settle(RunEnd end, Settling owner) {
    if (isSettled) {
      return;
    }
    isSettled = true;
    RunEnd known = end;
    try {
      known = bringToRest(end, owner);
    } catch (Throwable e) {
      log.error("cannot drain a run; closing its books as they stand", e);
    }
    RunTotals last;
    try {
      last = books.count(known);
      // Covers the end of a run too short for the janitor to sample.
      headroom.sample(clock.nanoTime());
    } catch (Throwable e) {
      log.error("cannot count a run; keeping its last counts", e);
      last = totals.ended();
    }
    last.latencies = books.latencies();
    totals = last;
  }

  private RunEnd bringToRest(RunEnd end, Settling owner) {
    if (end.isComplete() && memory.failure() == 0) {
      engine.endGrace();
    }
    RefillAgent refill = engine.refill();
    stepUntilQuiet(end.isComplete() ? agents() : agentsBut(refill), owner);
    if (!end.isComplete()) {
      giveBackAll(refill, owner);
    }
    refill.gate().release();
    if (end.isComplete() && memory.failure() == 0 && broken.isEmpty()) {
      engine.salvage(
          end == RunEnd.DIED,
          clock.nanoTime(),
          () -> {
            stepUntilQuiet(agents(), owner);
            if (!broken.isEmpty()) {
              throw new IllegalStateException("cannot salvage: an agent failed");
            }
          });
      stepUntilQuiet(agents(), owner);
    }
    // Buffers of a failed device are unreachable but not known to be lost: they stay in flight.
    return memory.failure() == 0 ? end : RunEnd.NOT_YET;
  }

  /** Returns all drained buffers to a device that continues without this host. */
  private void giveBackAll(RefillAgent refill, Settling owner) {
    int rounds = plan.bufferCount() / RefillAgent.RETURNS_PER_CYCLE + 1;
    for (int round = 0; round < rounds || engine.isReturning(); round++) {
      owner.step();
      if (step(refill) == 0 && broken.contains(refill)) {
        return;
      }
    }
  }

  /**
   * Steps the agents until two whole rounds move nothing; work left by the first may run in the
   * second. Gives a slow capture its time, with a limit: after that it counts the records it loses.
   */
  private void stepUntilQuiet(List<Agent> agents, Settling owner) {
    int quiet = 0;
    for (int cycle = 0; quiet < 2 && cycle < MAX_SETTLE_CYCLES; cycle++) {
      owner.step();
      int work = 0;
      for (Agent agent : agents) {
        work += step(agent);
      }
      if (work == 0 && engine.isHolding() && broken.isEmpty()) {
        if (!owner.waitForDisk()) {
          setup.capture().stopWaiting();
        }
        continue;
      }
      quiet = work == 0 ? quiet + 1 : 0;
    }
  }

  /**
   * Steps an agent; one that throws is not stepped again, since a settlement has no time for
   * repeated failures.
   */
  private int step(Agent agent) {
    if (broken.contains(agent)) {
      return 0;
    }
    try {
      return agent.doWork();
    } catch (Throwable e) {
      broken.add(agent);
      log.error("agent {} failed while its run was settled", agent.roleName(), e);
      return 0;
    }
  }

  private List<Agent> agentsBut(Agent left) {
    List<Agent> agents = engine.agents();
    agents.remove(left);
    return agents;
  }

  /** Excludes agents that threw too often. */
  public void giveUpOn(Set<Agent> agents) {
    broken.addAll(agents);
  }

  /** Returns the AICPU thread of each core, as written by the device; -1 if unknown. */
  public List<Integer> coreToThread() {
    List<Integer> threads = new ArrayList<>();
    for (int core = 0; core < plan.geometry().numCores(); core++) {
      threads.add(books.coreToThread(core));
    }
    return threads;
  }

  /** Returns the capacities next to the scope statistics; empty if these are not attached. */
  public Optional<ScopeCapacities> scopeCapacities() {
    if (!plan.geometry().has(Region.SCOPE_STATS)) {
      return Optional.empty();
    }
    int region = plan.regionOffset(Region.SCOPE_STATS);
    ScopeStatsHeader header = plan.layout().scopeStatsHeader();
    List<Integer> taskWindow = new ArrayList<>();
    List<Integer> depPool = new ArrayList<>();
    List<Long> heap = new ArrayList<>();
    for (int ring = 0; ring < ScopeStatsHeader.RINGS; ring++) {
      int word = region + ring * Integer.BYTES;
      taskWindow.add(memory.loadIntAcquire(word + header.taskWindowOffset()));
      depPool.add(memory.loadIntAcquire(word + header.depPoolOffset()));
      heap.add(memory.loadLongAcquire(region + header.heapOffset() + ring * Long.BYTES));
    }
    return Optional.of(
        new ScopeCapacities(
            memory.loadIntAcquire(region + header.fatalOffset()) != 0,
            taskWindow,
            depPool,
            heap,
            memory.loadIntAcquire(region + header.tensormapOffset())));
  }

  /** Returns what contradicts the declared layout, in brief; empty if nothing does. */
  public String contradiction() {
    return books.contradiction();
  }

  /** Reads all counters, unless the run is settled, and returns the current books. */
  public RunTotals count() {
    if (!isSettled) {
      RunTotals now = books.count(RunEnd.NOT_YET);
      books.showLanes(now);
      totals = now;
    }
    return totals;
  }

  /** Returns the last counted books; final after {@link #settle}. Any thread. */
  public RunTotals totals() {
    return totals;
  }

  /** Returns a copy of the latencies so far. Any thread. */
  public RunLatencies latencies() {
    return books.latencies();
  }

  RunBooks books() {
    return books;
  }

  /** Describes the first case of a violation, for a log line. */
  public String evidence(AbiViolation violation) {
    return books.evidence(violation);
  }

  /** Samples the headroom; call right after counting the books. */
  public void sampleHeadroom() {
    if (!isSettled) {
      headroom.sample(clock.nanoTime());
    }
  }

  /** Reports drops since the last call, with evidence. */
  public void reportDrops(Consumer<DropEvent> listener) {
    reports.drops(headroom.headroom(), listener);
  }

  /** Reports waits of the device since the last call. */
  public void reportStalls(StallListener listener) {
    reports.stalls(listener);
  }

  /** Returns the use of each ceiling as of the last sample. Any thread. */
  public Headroom headroom() {
    return headroom.headroom();
  }

  /** Returns the agents and their shared state, for display and thread packing. */
  public RunEngine engine() {
    return engine;
  }
}
