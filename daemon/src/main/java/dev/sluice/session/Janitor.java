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
 * Comes round ten times a second: has the sessions looked after, and watches the progress of all
 * other agents. Waits for nothing itself: a janitor that waits is one that watches nothing.
 */
public final class Janitor implements Agent {
  private static final Logger log = LoggerFactory.getLogger(Janitor.class);

  /** A thread that has not come round for this long is stuck: parks are 10 ms at most. */
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
    // Its own, when it is over: nothing watches the janitor meanwhile but health and watchdog.
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

  /** Stalls seen so far of the agents with this role. Any thread. */
  public synchronized long stalls(String roleName) {
    return stallsByRole.getOrDefault(roleName, 0L);
  }
}
