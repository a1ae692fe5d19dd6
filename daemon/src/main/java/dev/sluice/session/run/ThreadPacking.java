package dev.sluice.session.run;

import dev.sluice.agent.Agent;
import dev.sluice.agent.AgentErrorHandler;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.BackoffIdleStrategy;
import dev.sluice.agent.CommonSleepBounds;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.agent.SleepBounds;
import dev.sluice.bridge.ArenaLocks;
import dev.sluice.bridge.ThreadPlacement;
import dev.sluice.config.CollectorSettings;
import dev.sluice.config.DrainSettings;
import dev.sluice.config.IdleSettings;
import dev.sluice.config.RefillSettings;
import dev.sluice.config.Settings;
import dev.sluice.config.ThreadingMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Assigns the agents of all sessions to threads: one each, one thread per session, or one thread
 * for everything. More spinning threads than CPUs ruin latency, so {@code auto} counts CPUs first.
 */
public final class ThreadPacking implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ThreadPacking.class);

  // Threads that one session spins with in dedicated mode, and CPUs reserved for the rest of the
  // daemon and the host.
  private static final int THREADS_DEDICATED = 3;
  private static final int CPUS_FOR_OTHERS = 2;

  // Per capturing session: the writer thread. For all sessions together: the producers.
  private static final int THREADS_WRITING = 1;
  private static final int CPUS_FOR_PRODUCER = 1;

  /** Device of a thread that makes no device calls. */
  public static final int NO_DEVICE = -1;

  private static final long CLOSE_NANOS = 2_000_000_000;

  // The kernel's default slack of 50 us would stretch a nap of 20 us to 70.
  private static final long TIMER_SLACK_NANOS = 1_000;

  private final Settings settings;
  private final NanoClock clock;
  private final AgentErrorHandler errors;
  private final IntSupplier availableCpus;
  private final ThreadFactory factory;
  private final List<Crew> crews = new CopyOnWriteArrayList<>();
  private final Set<AgentRunner> abandoned = ConcurrentHashMap.newKeySet();
  // By device; all sessions that use host memory only share one.
  private final Map<Integer, Inline> inlines = new HashMap<>();

  public ThreadPacking(
      Settings settings, NanoClock clock, AgentErrorHandler errors, IntSupplier availableCpus) {
    this(settings, clock, errors, availableCpus, Thread::new);
  }

  /**
   * @param factory makes the threads; their names are set here
   */
  public ThreadPacking(
      Settings settings,
      NanoClock clock,
      AgentErrorHandler errors,
      IntSupplier availableCpus,
      ThreadFactory factory) {
    this.factory = factory;
    this.settings = settings;
    this.clock = clock;
    this.errors = errors;
    this.availableCpus = availableCpus;
  }

  /** Slack of the lanes that a thread serves; bounds the length of its parks. */
  public interface Slack {
    /** Returns how long the device can do without the host. */
    long slackNanos(long nowNs);
  }

  /** One thread for several sessions. */
  private static final class Inline {
    private final ParkMeter meter = new ParkMeter();
    private final CommonSleepBounds bounds = new CommonSleepBounds();
    private AgentRunner runner;
  }

  /**
   * A thread that steps agents.
   *
   * @param device reached by calls that may hang; {@link #NO_DEVICE} for none
   */
  public record Hosted(AgentRunner runner, int device) {}

  /**
   * The threads of one session. Session owner only; any thread may read the age of the last cycle
   * and abandon the crew.
   */
  public final class Crew implements SleepBounds {
    private final Settings settings;
    private final int device;
    private final ThreadingMode mode;
    private final boolean naps;
    private final Inline inline;
    private final ParkMeter meter;
    private final List<AgentRunner> runners = new CopyOnWriteArrayList<>();
    private volatile boolean isAbandoned;
    private List<Agent> agents = List.of();
    private ArenaLocks locks = ArenaLocks.NONE;
    private Slack slack = nowNs -> Long.MAX_VALUE;

    private Crew(
        Settings settings, int device, ThreadingMode mode, boolean naps, ParkMeter ownMeter) {
      this.settings = settings;
      this.device = device;
      this.mode = mode;
      this.naps = naps;
      this.inline = mode == ThreadingMode.INLINE ? inline(device) : null;
      this.meter = inline != null ? inline.meter : ownMeter;
    }

    public ThreadingMode mode() {
      return mode;
    }

    /** Whether its agents sleep instead of spinning. */
    public boolean naps() {
      return naps;
    }

    /** Returns the meter of the thread that runs the drain agents. */
    public ParkMeter meter() {
      return meter;
    }

    /**
     * Starts stepping the agents, given in the order drain, refill, collector. If it throws because
     * a thread cannot be created, some agents may be running: {@link #stop} must follow.
     *
     * @param ofArena each thread holds one of these locks while it steps the agents
     */
    public void start(String session, List<Agent> ordered, Slack lanes, ArenaLocks ofArena) {
      agents = locked(ordered, ofArena);
      locks = ofArena;
      slack = lanes;
      switch (mode) {
        case INLINE -> {
          AgentRunner runner = joinInline(this);
          runners.add(runner);
          runner.add(agents);
        }
        case DEDICATED -> {
          for (Agent agent : agents) {
            ParkMeter own = agent.roleName().equals("drain") ? meter : new ParkMeter();
            launch("sluice-" + agent.roleName() + "-" + session, List.of(agent), own);
          }
        }
        default -> launch("sluice-lane-" + session, agents, meter);
      }
      if (isAbandoned) {
        abandon(); // abandoned while threads were being created
      }
    }

    /** Makes the first agent of each thread take the thread's lock. */
    private List<Agent> locked(List<Agent> ordered, ArenaLocks ofArena) {
      List<Agent> all = new ArrayList<>(ordered);
      int threads = mode == ThreadingMode.DEDICATED ? all.size() : 1;
      for (int thread = 0; ofArena != ArenaLocks.NONE && thread < threads; thread++) {
        all.set(thread, new LockingAgent(all.get(thread), ofArena, ArenaLocks.THREADS + thread));
      }
      return List.copyOf(all);
    }

    @Override
    public long slackNanos() {
      return slack.slackNanos(clock.nanoTime());
    }

    private void launch(String name, List<Agent> hosted, ParkMeter own) {
      AgentRunner runner = newRunner(settings, name, this, own, hosted.get(0).roleName(), naps);
      runner.add(hosted);
      runners.add(runner);
      runner.start();
    }

    /**
     * Takes the agents off their threads; the caller may step them afterwards. Idempotent.
     *
     * @return false if a thread did not return from an agent in time: everything the agents use
     *     must stay as it is
     */
    public boolean stop(long timeoutNanos) {
      crews.remove(this); // first: a thread about to end is not stalled
      long beganNs = System.nanoTime();
      boolean isStopped = true;
      for (AgentRunner runner : runners) {
        long leftNanos = Math.max(0, timeoutNanos - (System.nanoTime() - beganNs));
        if (inline != null) {
          isStopped &= runner.remove(agents, leftNanos);
          inline.bounds.remove(this);
        } else {
          isStopped &= runner.close(leftNanos);
        }
      }
      if (isStopped) {
        runners.clear();
        for (int thread = 0; thread < agents.size(); thread++) {
          locks.give(ArenaLocks.THREADS + thread); // a shared thread continues with other sessions
        }
      } else {
        abandon();
      }
      return isStopped;
    }

    /** Abandons threads that hang. Never waits. Any thread. */
    public void abandon() {
      isAbandoned = true;
      for (AgentRunner runner : runners) {
        if (inline == null || device != NO_DEVICE) {
          runner.abandon();
          if (runner.isAlive() && abandoned.add(runner)) {
            log.error("agent thread hangs in a call, abandoned: {}", runner.name());
          }
        }
      }
      if (inline != null) {
        inline.bounds.remove(this);
        leaveInline(this);
      }
      crews.remove(this);
    }

    /** Whether no thread can still be inside its agents. Any thread. */
    public boolean hasLeft() {
      return runners.stream().noneMatch(AgentRunner::isAlive);
    }

    /** Returns the indices of agents that threw too often to be stepped again. */
    public Set<Integer> givenUp() {
      Set<Integer> indices = new HashSet<>();
      for (int i = 0; i < agents.size(); i++) {
        for (AgentRunner runner : runners) {
          if (runner.hasGivenUp(agents.get(i))) {
            indices.add(i);
          }
        }
      }
      return indices;
    }

    /** Returns how long one of its threads has been in the same cycle. Any thread. */
    public long stallNanos() {
      long nowNs = clock.nanoTime();
      return runners.stream().mapToLong(runner -> nowNs - runner.lastCycleNs()).max().orElse(0);
    }
  }

  /**
   * Assigns threads to a new session; starts nothing.
   *
   * @param own the settings of its device
   */
  public synchronized Crew newCrew(Settings own, int device) {
    ThreadingMode mode = resolve(own.threading());
    // A device call may never return; confine the wait to sessions of that device.
    boolean callsDevice = own.placement().of(device).isOnDevice();
    return added(
        new Crew(own, callsDevice ? device : NO_DEVICE, mode, mustNap(own, mode), new ParkMeter()));
  }

  /** Assigns threads to a run whose crew has stopped and that continues; its meter stays. */
  public synchronized Crew newCrew(Crew stopped) {
    return added(
        new Crew(stopped.settings, stopped.device, stopped.mode, stopped.naps, stopped.meter));
  }

  private Crew added(Crew crew) {
    crews.add(crew);
    return crew;
  }

  private ThreadingMode resolve(ThreadingMode wanted) {
    if (wanted != ThreadingMode.AUTO) {
      return wanted;
    }
    int cpus = availableCpus.getAsInt();
    int sessions = crews.size() + 1;
    if (sessions * THREADS_DEDICATED + CPUS_FOR_OTHERS <= cpus) {
      return ThreadingMode.DEDICATED;
    }
    // One spinning thread per session leaves at least one CPU to the producers.
    return sessions < Math.max(cpus, 2) ? ThreadingMode.SHARED : ThreadingMode.INLINE;
  }

  /**
   * Whether agents must sleep instead of spinning. The capture writer has work whenever a lane
   * does. Without a CPU of its own, it would run only when the scheduler preempts a spinning lane,
   * for a time slice of milliseconds; next to a napping lane it runs in the gaps.
   */
  private boolean mustNap(Settings own, ThreadingMode mode) {
    if (!own.capture().enabled()) {
      return false;
    }
    int agents = mode == ThreadingMode.DEDICATED ? THREADS_DEDICATED : 1;
    int wanted = (crews.size() + 1) * (agents + THREADS_WRITING) + CPUS_FOR_PRODUCER;
    return wanted > availableCpus.getAsInt();
  }

  private synchronized Inline inline(int key) {
    return inlines.computeIfAbsent(key, made -> new Inline());
  }

  private synchronized AgentRunner joinInline(Crew crew) {
    Inline inline = crew.inline;
    if (inline.runner == null || !inline.runner.isAlive()) {
      boolean isOfAll = crew.device == NO_DEVICE;
      AgentRunner runner =
          newRunner(
              isOfAll ? settings : crew.settings,
              isOfAll ? "sluice-inline" : "sluice-inline-d" + crew.device,
              inline.bounds,
              inline.meter,
              "drain",
              crew.naps);
      runner.start();
      inline.runner = runner; // only once it runs: creating the thread may fail
    }
    inline.bounds.add(crew);
    return inline.runner;
  }

  /** Keeps later sessions off the thread of a device that hangs. */
  private synchronized void leaveInline(Crew crew) {
    if (crew.device != NO_DEVICE) {
      inlines.remove(crew.device, crew.inline);
    }
  }

  private AgentRunner newRunner(
      Settings own, String name, SleepBounds bounds, ParkMeter meter, String role, boolean naps) {
    IdleSettings idle = own.drain().idle();
    return new AgentRunner(
        name,
        new BackoffIdleStrategy(
            clock, idle.spinNanos(), idle.yieldNanos(), idle.maxParkNanos(), bounds, meter, naps),
        clock,
        errors,
        () -> place(own, name, role, naps),
        factory);
  }

  private static void place(Settings own, String name, String role, boolean naps) {
    DrainSettings drain = own.drain();
    RefillSettings refill = own.refill();
    CollectorSettings collector = own.collector();
    List<Integer> cpus =
        switch (role) {
          case "refill" -> refill.cpus();
          case "collector" -> collector.cpus();
          default -> drain.cpus();
        };
    try {
      ThreadPlacement.timerSlack(TIMER_SLACK_NANOS);
      if (!cpus.isEmpty()) {
        ThreadPlacement.pinTo(cpus);
      }
      if (drain.nice() != 0) {
        ThreadPlacement.nice(drain.nice());
      }
    } catch (IOException e) {
      log.warn("cannot pin {}: {}", name, e.getMessage());
    } catch (RuntimeException | LinkageError e) {
      log.warn("cannot place {}", name, e); // run at the default placement rather than not at all
      return;
    }
    if (naps && drain.realtime()) {
      try {
        // Next to two busy threads, a thread of the normal class occasionally loses the CPU for a
        // time slice of 3 to 4 ms, however short its own work is.
        ThreadPlacement.realtime();
      } catch (IOException e) {
        log.info("no real-time priority for {}: {}", name, e.getMessage());
      }
    }
  }

  /** Returns every active thread, without abandoned ones. Any thread. */
  public synchronized List<Hosted> runners() {
    List<Hosted> all = new ArrayList<>();
    for (Crew crew : crews) {
      if (crew.inline == null) {
        crew.runners.forEach(runner -> all.add(new Hosted(runner, crew.device)));
      }
    }
    inlines.forEach(
        (device, inline) -> {
          if (inline.runner != null) {
            all.add(new Hosted(inline.runner, device));
          }
        });
    return all;
  }

  /** Returns the number of abandoned threads that still hang. Any thread. */
  public int abandonedThreads() {
    abandoned.removeIf(runner -> !runner.isAlive());
    return abandoned.size();
  }

  /** Ends the shared threads; all crews must have been stopped. Idempotent. */
  @Override
  public void close() {
    List<AgentRunner> shared;
    synchronized (this) {
      shared =
          inlines.values().stream()
              .map(inline -> inline.runner)
              .filter(runner -> runner != null)
              .toList();
    }
    shared.forEach(runner -> runner.close(CLOSE_NANOS));
  }
}
