package dev.sluice;

import dev.sluice.agent.Agent;
import dev.sluice.agent.AgentErrorHandler;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.BackoffIdleStrategy;
import dev.sluice.agent.CommonSleepBounds;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.agent.SleepBounds;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packs the agents of all sessions on threads: each its own, one thread per session, or one thread
 * for everything. More spinning threads than CPUs is a catastrophe, so {@code auto} counts them
 * first.
 */
final class ThreadPacking implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ThreadPacking.class);

  // What one session spins with when every agent has a thread, and what the rest of the daemon and
  // of the host should keep.
  private static final int THREADS_DEDICATED = 3;
  private static final int CPUS_FOR_OTHERS = 2;

  // Beside a session that captures: the thread that writes. Beside all: whatever produces.
  private static final int THREADS_WRITING = 1;
  private static final int CPUS_FOR_PRODUCER = 1;

  private static final int NO_DEVICE = -1;

  // A nap of 20 us that ends after 70 is no use; the kernel's default allows it.
  private static final long TIMER_SLACK_NANOS = 1_000;

  private final Settings settings;
  private final NanoClock clock;
  private final AgentErrorHandler errors;
  private final IntSupplier availableCpus;
  private final List<Crew> crews = new CopyOnWriteArrayList<>();
  // One for all devices that only this host's memory is needed for, one for each other device.
  private final Map<Integer, Inline> inlines = new HashMap<>();

  ThreadPacking(
      Settings settings, NanoClock clock, AgentErrorHandler errors, IntSupplier availableCpus) {
    this.settings = settings;
    this.clock = clock;
    this.errors = errors;
    this.availableCpus = availableCpus;
  }

  /** What decides on a park's length: the lanes that the thread serves, and their capture. */
  interface Slack {
    /** How long the device can do without the host. */
    long slackNanos(long nowNs);

    /** How long the capture's writer has work for. */
    default long backlogNanos() {
      return 0;
    }
  }

  /** One thread for several sessions. */
  private static final class Inline {
    private final ParkMeter meter = new ParkMeter();
    private final CommonSleepBounds bounds = new CommonSleepBounds();
    private AgentRunner runner;
  }

  /** The threads of one session. */
  final class Crew implements SleepBounds {
    private final Settings settings;
    private final int inlineKey;
    private final ThreadingMode mode;
    private final boolean naps;
    private final ParkMeter meter;
    private final List<AgentRunner> runners = new ArrayList<>();
    private List<Agent> agents = List.of();
    private Slack slack = nowNs -> Long.MAX_VALUE;

    private Crew(Settings settings, int inlineKey, ThreadingMode mode, boolean naps) {
      this.settings = settings;
      this.inlineKey = inlineKey;
      this.mode = mode;
      this.naps = naps;
      this.meter = mode == ThreadingMode.INLINE ? inline(inlineKey).meter : new ParkMeter();
    }

    ThreadingMode mode() {
      return mode;
    }

    /** Whether its agents sleep where they would spin. */
    boolean naps() {
      return naps;
    }

    /** The meter of the thread that will run the drain agents. */
    ParkMeter meter() {
      return meter;
    }

    /** Starts stepping the agents, which are in the order drain, refill, collector. */
    void start(String session, List<Agent> ordered, Slack lanes) {
      agents = List.copyOf(ordered);
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
    }

    @Override
    public long slackNanos() {
      return slack.slackNanos(clock.nanoTime());
    }

    @Override
    public long backlogNanos() {
      return slack.backlogNanos();
    }

    private void launch(String name, List<Agent> hosted, ParkMeter own) {
      AgentRunner runner = newRunner(settings, name, this, own, hosted.get(0).roleName(), naps);
      runner.add(hosted);
      runners.add(runner);
      runner.start();
    }

    /** Takes the agents off their threads; the caller may step them afterwards. Idempotent. */
    void stop() {
      for (AgentRunner runner : runners) {
        if (mode == ThreadingMode.INLINE) {
          runner.remove(agents);
          inline(inlineKey).bounds.remove(this);
        } else {
          runner.close();
        }
      }
      runners.clear();
      crews.remove(this);
    }
  }

  /**
   * Assigns threads to a new session; nothing runs yet.
   *
   * @param own the settings of its device
   */
  synchronized Crew newCrew(Settings own, int device) {
    ThreadingMode mode = resolve(own.threading());
    // A call to a device may take for ever; then it is that device's sessions alone that wait.
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
    int key = crew.inlineKey;
    Inline inline = inline(key);
    inline.bounds.add(crew);
    if (inline.runner == null) {
      inline.runner =
          newRunner(
              key == NO_DEVICE ? settings : crew.settings,
              key == NO_DEVICE ? "sluice-inline" : "sluice-inline-d" + key,
              inline.bounds,
              inline.meter,
              "drain",
              crew.naps);
      inline.runner.start();
    }
    return inline.runner;
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
        () -> place(own, name, role, naps));
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
      log.warn("{} runs where the scheduler likes: {}", name, e.getMessage());
    }
    if (naps && drain.realtime()) {
      try {
        // Beside two others that always want the CPU, a thread of the usual class gets it back
        // after a time slice of 3 to 4 ms now and then, however short its own work is.
        ThreadPlacement.realtime();
      } catch (IOException e) {
        log.info("{} may wait for a time slice: {}", name, e.getMessage());
      }
    }
  }

  /** Every runner at work. Any thread. */
  synchronized List<AgentRunner> runners() {
    List<AgentRunner> all = new ArrayList<>();
    for (Crew crew : crews) {
      if (crew.mode != ThreadingMode.INLINE) {
        all.addAll(crew.runners);
      }
    }
    inlines.values().stream()
        .filter(inline -> inline.runner != null)
        .forEach(inline -> all.add(inline.runner));
    return all;
  }

  /** Ends the shared threads; crews must have been stopped. Idempotent. */
  @Override
  public synchronized void close() {
    for (Inline inline : inlines.values()) {
      if (inline.runner != null) {
        inline.runner.close();
      }
    }
  }
}
