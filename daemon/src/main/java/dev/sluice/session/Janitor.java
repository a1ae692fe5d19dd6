package dev.sluice.session;

import dev.sluice.agent.Agent;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.NanoClock;
import dev.sluice.session.run.ThreadPacking;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs ten times a second: tends the sessions and watches the progress of all other agents. Never
 * waits, since a blocked janitor watches nothing.
 */
public final class Janitor implements Agent {
  private static final Logger log = LoggerFactory.getLogger(Janitor.class);

  /** An agent thread without a cycle for this long is stalled: parks last 10 ms at most. */
  public static final long STALL_NANOS = 1_000_000_000;

  private final Sessions sessions;
  private final ThreadPacking threads;
  private final NanoClock clock;
  private final Set<AgentRunner> stalled = new HashSet<>();
  private final Map<String, Long> stallsByRole = new HashMap<>();
  private long watchedNs;

  public Janitor(Sessions sessions, ThreadPacking threads, NanoClock clock) {
    this.sessions = sessions;
    this.threads = threads;
    this.clock = clock;
    this.watchedNs = clock.nanoTime();
  }

  @Override
  public String roleName() {
    return "janitor";
  }

  @Override
  public int doWork() {
    try {
      sessions.tend();
    } finally {
      watch(clock.nanoTime());
    }
    return 0;
  }

  private synchronized void watch(long nowNs) {
    // The janitor's own stall, noted afterwards: only health and watchdog detect it as it happens.
    long pauseNanos = nowNs - watchedNs;
    watchedNs = nowNs;
    if (pauseNanos > STALL_NANOS) {
      log.warn("janitor made no progress for {} ms", pauseNanos / 1_000_000);
      stallsByRole.merge(roleName(), 1L, Long::sum);
    }
    Set<AgentRunner> present = new HashSet<>();
    threads.runners().forEach(hosted -> present.add(hosted.runner()));
    stalled.retainAll(present);
    for (AgentRunner runner : present) {
      boolean isStalled = nowNs - runner.lastCycleNs() > STALL_NANOS;
      if (isStalled && stalled.add(runner)) {
        log.error("agent has made no progress for a second: {}", runner.name());
        for (Agent agent : runner.agents()) {
          stallsByRole.merge(agent.roleName(), 1L, Long::sum);
        }
      } else if (!isStalled && stalled.remove(runner)) {
        log.info("{} makes progress again", runner.name());
      }
    }
  }

  /** Returns the stalls so far of agents with this role. Any thread. */
  public synchronized long stalls(String roleName) {
    return stallsByRole.getOrDefault(roleName, 0L);
  }
}
