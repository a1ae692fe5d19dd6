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
 * A run of a device in an arena, and those that overlap with it: the engine, built for them alone
 * and thrown away after the last, how it is brought to rest, and the books that are kept.
 *
 * <p>Life: construct (the region is initialised and the free queues are full), let a crew step
 * {@link #agents}, take them off their threads, {@link #settle}. Meanwhile another run may {@link
 * #begin}, and the oldest one is then ended by {@link #endFirst}.
 *
 * <p>Belongs to the owner of its session, one thread at a time. Other threads may read latencies
 * and the last headroom. The arena must stay mapped for all of this.
 *
 * <p>A device that fails meanwhile is no error here: what it still held stays in flight in the
 * books.
 */
public final class Run {
  private static final Logger log = LoggerFactory.getLogger(Run.class);

  // Far more than draining a full arena takes; ends a settlement whose sink never has room, or
  // whose device is said to be complete and goes on writing.
  private static final int MAX_SETTLE_CYCLES = 100_000;

  // How long the counters of a device that is said to be complete are watched: some milliseconds.
  private static final int LOOKS_AT_REST = 20;
  private static final long LOOK_NANOS = 100_000;
  // What a run published and does not come within a second will not.
  private static final int LOOKS_FOR_THE_REST = 1_000;
  private static final long LOOK_FOR_THE_REST_NANOS = 1_000_000;

  /** The place of the run with which it all begins. */
  public static final int FIRST_PLACE = 0;

  private final RunSetup setup;
  private final ArenaPlan plan;
  private final DeviceMemory memory;
  private final NanoClock clock;
  private final RunEngine engine;
  private final RunBooks books;
  private final RunReports reports;
  private final RunHeadroom headroom;
  // Agents that threw until they were given up; no more is asked of them.
  private final Set<Agent> broken = Collections.newSetFromMap(new IdentityHashMap<>());

  private volatile RunTotals totals = new RunTotals();
  private boolean isSettled;

  /** What the owner does while a run settles. */
  public interface Settling {
    /** Nothing, and no patience with a disk. */
    Settling AT_ONCE =
        new Settling() {
          @Override
          public void step() {}

          @Override
          public boolean waitForDisk() {
            return false;
          }
        };

    /** Before each round: a round can hang in a call to the device. */
    void step();

    /**
     * A sink has no room. Waits a moment.
     *
     * @return false if the disk has had its time: what does not fit is lost from now on
     */
    boolean waitForDisk();
  }

  /** Initialises the region and fills the free queues; nothing runs yet. */
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
   * Takes over a run whose host is dead, while the device may be at work: each of its buffers is
   * collected once, by that host or by this one.
   *
   * @param saved by {@link #save}; null if that cannot be read
   * @param isLent whether a guard has lent a buffer since
   * @throws IOException one line, if what was left cannot be believed; nothing has changed for the
   *     device
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
   * What a guard has recycled of the open runs, while no host was there.
   *
   * @param records by kind, as the client says
   * @param isKnown false if the client may know of more
   */
  public void recycled(long[] records, boolean isKnown) {
    books.recycled(records, isKnown);
  }

  /** Writes what was counted last, for {@link #resumed}; the rest is in the state. */
  public void save(DataOutput out) throws IOException {
    books.save(out);
  }

  /** The place at which another run could begin now; {@link OpenRuns#OTHER} if it cannot. */
  public int placeFor(long epoch) {
    // Only terminal lines say what was counted in a run beside another; the swimlane has them.
    boolean canOverlap =
        plan.geometry().regions() == Region.SWIMLANE_ONLY
            && plan.layout().facts().hasCountedEntries()
            && plan.layout().facts().terminalBanks() > 0;
    return canOverlap ? engine.runs().placeFor(epoch) : OpenRuns.OTHER;
  }

  /** A run begins at its place; from now on its buffers are taken. */
  public void begin(int place, long epoch) {
    books.begin(place);
    engine.runs().open(epoch);
  }

  /** Whether the oldest run is not the last one. */
  public boolean isOverlapped() {
    return books.openRuns() > 1;
  }

  /**
   * Ends the oldest run by what its producers wrote at their end, while the device and the agents
   * go on with the next one.
   *
   * @return its books; empty, with nothing changed, if the device has not ended it, or a disk is
   *     too slow for what it published
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

  /** What the device stamps into buffers of the oldest run; 0 while that is not known. */
  public long epoch() {
    return books.firstEpoch();
  }

  /** In the order in which one thread should step them. */
  public List<Agent> agents() {
    return engine.agents();
  }

  /**
   * Drains what is published and says whether the device is at rest: its counters must not move
   * while that is done and for a moment longer. The agents must have been taken off their threads;
   * if the answer is false they can be put back, and nothing is lost.
   */
  public boolean isComplete(Settling owner) {
    if (memory.failure() != 0) {
      return true; // it will not be asked any more
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
          return true; // the settlement goes on without waiting
        }
      } else {
        quiet++;
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
    return true;
  }

  /**
   * Drains what is published, salvages what is left, and closes the books. The agents must have
   * been taken off their threads; they are stepped here.
   *
   * @param end if not complete, the device still runs: it gets no buffer while it is drained, or
   *     that would have no end, nothing is salvaged, and what it holds stays in flight
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
      log.error("a run could not be drained; its books are closed as they stand", e);
    }
    RunTotals last;
    try {
      last = books.count(known);
      // The end of a run that was too short for the janitor counts, too.
      headroom.sample(clock.nanoTime());
    } catch (Throwable e) {
      log.error("a run could not be counted; its books stay as they were counted last", e);
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
              throw new IllegalStateException("no room for what is salvaged: an agent failed");
            }
          });
      stepUntilQuiet(agents(), owner);
    }
    // What a device that failed still held can neither be had nor be called lost.
    return memory.failure() == 0 ? end : RunEnd.NOT_YET;
  }

  /** What was drained, for a device that goes on without this host: all of it. */
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
   * Until a whole round has moved nothing, twice: what the first left may enable the second. A
   * capture that is behind gets its time, but not without limit: in the end it counts what it
   * loses.
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

  /** One that throws here is not stepped again: the end of a run has no time for ten failures. */
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

  /** These threw too often and are not stepped again. */
  public void giveUpOn(Set<Agent> agents) {
    broken.addAll(agents);
  }

  /** Which AICPU thread serves which core, as the device wrote it; -1 for none. */
  public List<Integer> coreToThread() {
    List<Integer> threads = new ArrayList<>();
    for (int core = 0; core < plan.geometry().numCores(); core++) {
      threads.add(books.coreToThread(core));
    }
    return threads;
  }

  /** What the device wrote beside its scope statistics; empty if they are not attached. */
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

  /** What contradicts the layout that the client declared, in brief; empty if nothing does. */
  public String contradiction() {
    return books.contradiction();
  }

  /** Reads everything again, unless the run is settled, and returns the books as they stand. */
  public RunTotals count() {
    if (!isSettled) {
      RunTotals now = books.count(RunEnd.NOT_YET);
      books.showLanes(now);
      totals = now;
    }
    return totals;
  }

  /** The books as they were counted last; final after {@link #settle}. Any thread. */
  public RunTotals totals() {
    return totals;
  }

  /** The latencies so far; a copy. Any thread. */
  public RunLatencies latencies() {
    return books.latencies();
  }

  RunBooks books() {
    return books;
  }

  /** The first case of a violation, for a log line. */
  public String evidence(AbiViolation violation) {
    return books.evidence(violation);
  }

  /** Takes a sample for the headroom; the books must just have been counted. */
  public void sampleHeadroom() {
    if (!isSettled) {
      headroom.sample(clock.nanoTime());
    }
  }

  /** Reports the drops since the last call, each with its evidence. */
  public void reportDrops(Consumer<DropEvent> listener) {
    reports.drops(headroom.headroom(), listener);
  }

  /** Reports where the device waited since the last call. */
  public void reportStalls(StallListener listener) {
    reports.stalls(listener);
  }

  /** How near each ceiling is, as of the last sample. Any thread. */
  public Headroom headroom() {
    return headroom.headroom();
  }

  /** The agents and what they share, for those who show or pack them. */
  public RunEngine engine() {
    return engine;
  }
}
