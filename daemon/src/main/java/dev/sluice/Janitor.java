package dev.sluice;

import dev.sluice.agent.Agent;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.NanoClock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reconciles the sessions' counters, turns watermark windows, ends sessions whose producer died,
 * and watches the progress of all other agents. Not on the hot path: it may lock and log.
 */
final class Janitor implements Agent {
  private static final Logger log = LoggerFactory.getLogger(Janitor.class);

  /** A thread that has not come round for this long is stuck: parks are 10 ms at most. */
  static final long STALL_NANOS = 1_000_000_000;

  private final SessionManager sessions;
  private final ThreadPacking threads;
  private final NanoClock clock;
  private volatile long windowNanos;
  private final Set<AgentRunner> stalled = new HashSet<>();
  private final Map<String, Long> stallsByRole = new HashMap<>();
  private long windowSinceNs;

  Janitor(SessionManager sessions, ThreadPacking threads, long windowNanos, NanoClock clock) {
    this.sessions = sessions;
    this.threads = threads;
    this.windowNanos = windowNanos;
    this.clock = clock;
    this.windowSinceNs = clock.nanoTime();
  }

  /** How far watermarks look back from now on. Any thread. */
  void watermarkWindow(long nanos) {
    windowNanos = nanos;
  }

  @Override
  public String roleName() {
    return "janitor";
  }

  @Override
  public int doWork() {
    long nowNs = clock.nanoTime();
    sessions.endLost();
    sessions.registry().open().forEach(Session::reconcile);
    if (nowNs - windowSinceNs >= windowNanos) {
      windowSinceNs = nowNs;
      sessions.registry().open().forEach(Session::rotateWatermarks);
    }
    watch(nowNs);
    return 0;
  }

  private synchronized void watch(long nowNs) {
    Set<AgentRunner> present = new HashSet<>(threads.runners());
    stalled.retainAll(present);
    for (AgentRunner runner : present) {
      boolean isStalled = nowNs - runner.lastCycleNs() > STALL_NANOS;
      if (isStalled && stalled.add(runner)) {
        log.error("{} has made no progress for a second", runner.name());
        for (Agent agent : runner.agents()) {
          stallsByRole.merge(agent.roleName(), 1L, Long::sum);
        }
      } else if (!isStalled && stalled.remove(runner)) {
        log.info("{} makes progress again", runner.name());
      }
    }
  }

  /** Stalls seen so far of the agents with this role. Any thread. */
  synchronized long stalls(String roleName) {
    return stallsByRole.getOrDefault(roleName, 0L);
  }
}
