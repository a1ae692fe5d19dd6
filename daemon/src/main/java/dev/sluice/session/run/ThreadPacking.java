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
 * Packs the agents of all sessions on threads: each its own, one thread per session, or one thread
 * for everything. More spinning threads than CPUs is a catastrophe, so {@code auto} counts them
 * first.
 */
public final class ThreadPacking implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ThreadPacking.class);

  // What one session spins with when every agent has a thread, and what the rest of the daemon and
  // of the host should keep.
  private static final int THREADS_DEDICATED = 3;
  private static final int CPUS_FOR_OTHERS = 2;

  // Beside a session that captures: the thread that writes. Beside all: whatever produces.
  private static final int THREADS_WRITING = 1;
  private static final int CPUS_FOR_PRODUCER = 1;

  /** The device of a thread that waits for none. */
  public static final int NO_DEVICE = -1;

  private static final long CLOSE_NANOS = 2_000_000_000;

  // A nap of 20 us that ends after 70 is no use; the kernel's default allows it.
  private static final long TIMER_SLACK_NANOS = 1_000;

  private final Settings settings;
  private final NanoClock clock;
  private final AgentErrorHandler errors;
  private final IntSupplier availableCpus;
  private final ThreadFactory factory;
  private final List<Crew> crews = new CopyOnWriteArrayList<>();
  private final Set<AgentRunner> abandoned = ConcurrentHashMap.newKeySet();
  // One for all devices that only this host's memory is needed for, one for each other device.
  private final Map<Integer, Inline> inlines = new HashMap<>();

  public ThreadPacking(
      Settings settings, NanoClock clock, AgentErrorHandler errors, IntSupplier availableCpus) {
    this(settings, clock, errors, availableCpus, Thread::new);
  }

  /**
   * @param factory makes the threads, which get their names here
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

  /** What decides on a park's length: the lanes that the thread serves, and their capture. */
  public interface Slack {
    /** How long the device can do without the host. */
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
   * @param device whose memory it reaches by calls that may hang; {@link #NO_DEVICE} if none's
   */
  public record Hosted(AgentRunner runner, int device) {}

  /**
   * The threads of one session. Belongs to the owner of the session; any thread may ask how old its
   * last cycle is, and abandon it.
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

    private Crew(Settings settings, int device, ThreadingMode mode, boolean naps) {
      this.settings = settings;
      this.device = device;
      this.mode = mode;
      this.naps = naps;
      this.inline = mode == ThreadingMode.INLINE ? inline(device) : null;
      this.meter = inline != null ? inline.meter : new ParkMeter();
    }

    public ThreadingMode mode() {
      return mode;
    }

    /** Whether its agents sleep where they would spin. */
    public boolean naps() {
      return naps;
    }

    /** The meter of the thread that will run the drain agents. */
    public ParkMeter meter() {
      return meter;
    }

    /**
     * Starts stepping the agents, which are in the order drain, refill, collector. If it throws,
     * for want of a thread, some may be at work: {@link #stop} must follow.
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
        abandon(); // it was, while threads were made
      }
    }

    /** The first of each thread takes the thread's lock. */
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
     * @return false if a thread did not come back from an agent in time: what the agents use must
     *     stay as it is
     */
    public boolean stop(long timeoutNanos) {
      crews.remove(this); // first: a thread that was told to end is not one that makes no progress
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
          locks.give(ArenaLocks.THREADS + thread); // a shared thread goes on with other sessions
        }
      } else {
        abandon();
      }
      return isStopped;
    }

    /** Leaves to themselves the threads that do not come back. Waits for nothing. Any thread. */
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

    /** Whether no thread can be inside of its agents any more. Any thread. */
    public boolean hasLeft() {
      return runners.stream().noneMatch(AgentRunner::isAlive);
    }

    /** Which of the agents threw so often that they are not stepped any more, by index. */
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

    /** For how long one of its threads has been in the same cycle. Any thread. */
    public long stallNanos() {
      long nowNs = clock.nanoTime();
      return runners.stream().mapToLong(runner -> nowNs - runner.lastCycleNs()).max().orElse(0);
    }
  }

  /**
   * Assigns threads to a new session; nothing runs yet.
   *
   * @param own the settings of its device
   */
  public synchronized Crew newCrew(Settings own, int device) {
    ThreadingMode mode = resolve(own.threading());
    // A call to a device may never return; then that device's sessions alone wait.
    boolean callsDevice = own.placement().of(device).isOnDevice();
    Crew crew = new Crew(own, callsDevice ? device : NO_DEVICE, mode, mustNap(own, mode));
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
    // One spinning thread per session leaves at least one CPU to whatever produces.
    return sessions < Math.max(cpus, 2) ? ThreadingMode.SHARED : ThreadingMode.INLINE;
  }

  /**
   * Whether agents have to sleep where they would spin. The thread that writes a capture has work
   * whenever a lane has. Without a CPU for it, it would run when the scheduler takes a spinning
   * lane off its own, for a time slice of milliseconds; beside a lane that naps it runs in between.
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
      inline.runner = runner; // not before it runs: there may be no thread for it
    }
    inline.bounds.add(crew);
    return inline.runner;
  }

  /** The thread of a device that hangs is no place for later sessions. */
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
      log.warn("cannot place {}", name, e); // a thread at the usual place is better than none
      return;
    }
    if (naps && drain.realtime()) {
      try {
        // Beside two others that always want the CPU, a thread of the usual class gets it back
        // after a time slice of 3 to 4 ms now and then, however short its own work is.
        ThreadPlacement.realtime();
      } catch (IOException e) {
        log.info("no real-time priority for {}: {}", name, e.getMessage());
      }
    }
  }

  /** Every thread at work; one that was abandoned is not. Any thread. */
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

  /** Threads that were left to themselves and have not come back. Any thread. */
  public int abandonedThreads() {
    abandoned.removeIf(runner -> !runner.isAlive());
    return abandoned.size();
  }

  /** Ends the shared threads; crews must have been stopped. Idempotent. */
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
