package dev.sluice.service.systemd;

import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.DaemonView;
import dev.sluice.service.transport.EventLoops;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager how the daemon is: ready when it serves, alive only while every agent
 * makes progress, reloading, stopping.
 *
 * <p>An agent, so that a test steps it; its own thread calls {@link #doWork} every {@link
 * #beatNanos}. The other methods may be called by any thread. What they say leaves in the order of
 * the calls.
 */
public final class ServiceNotifier implements Agent, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ServiceNotifier.class);

  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long STATUS_NANOS = 5 * SECOND_NANOS;
  private static final long SHORTEST_BEAT_NANOS = 10_000_000;

  /** Each extension of a start is for so long, renewed twice as often. */
  private static final long EXTENSION_NANOS = 10 * SECOND_NANOS;

  /** A start that has not ended by then is stuck, and systemd may say so. */
  private static final long LONGEST_START_NANOS = 300 * SECOND_NANOS;

  private enum Phase {
    STARTING,
    SERVING,
    STOPPING
  }

  private final NotifySocket socket;
  private final NanoClock clock;
  private final long watchdogNanos;
  private final long startedNs;
  private volatile DaemonView view;
  private volatile Phase phase = Phase.STARTING;
  // Of the notifier's own thread.
  private long extendedNs;
  private long pingedNs;
  private long statusNs;
  private String lastStatus = "";
  private boolean isWithheld;

  private ServiceNotifier(NotifySocket socket, long watchdogNanos, NanoClock clock) {
    this.socket = socket;
    this.clock = clock;
    this.watchdogNanos = watchdogNanos;
    this.startedNs = clock.nanoTime();
    this.extendedNs = startedNs;
    this.pingedNs = startedNs;
    this.statusNs = startedNs;
  }

  /**
   * @param environment that of the process: {@code NOTIFY_SOCKET}, {@code WATCHDOG_USEC}, {@code
   *     WATCHDOG_PID}
   * @param pid of this process; a watchdog that is meant for another process is ignored
   * @return empty where no service manager asks to be notified
   */
  public static Optional<ServiceNotifier> of(
      Map<String, String> environment, long pid, EventLoops loops, NanoClock clock) {
    String address = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (address.isEmpty()) {
      return Optional.empty();
    }
    return NotifySocket.open(address, loops)
        .map(socket -> new ServiceNotifier(socket, watchdogNanos(environment, pid), clock));
  }

  /** 0 without a watchdog. */
  private static long watchdogNanos(Map<String, String> environment, long pid) {
    String watched = environment.getOrDefault("WATCHDOG_PID", "");
    if (!watched.isEmpty() && !watched.equals(Long.toString(pid))) {
      return 0;
    }
    String micros = environment.getOrDefault("WATCHDOG_USEC", "0");
    try {
      long nanos = Math.multiplyExact(Long.parseLong(micros), 1_000L);
      return Math.max(0, nanos);
    } catch (NumberFormatException | ArithmeticException e) {
      LOGGER.warn("systemd: WATCHDOG_USEC={} is not a number of microseconds; no watchdog", micros);
      return 0;
    }
  }

  /** How often {@link #doWork} wants to be called, in nanoseconds. */
  public long beatNanos() {
    // A ping that was withheld goes out as soon as all agents recover, well before the deadline.
    long wanted = watchdogNanos == 0 ? SECOND_NANOS : Math.min(SECOND_NANOS, watchdogNanos / 8);
    return Math.max(SHORTEST_BEAT_NANOS, wanted);
  }

  /** The daemon serves: all sockets listen. */
  public void ready(DaemonView daemon) {
    view = daemon;
    phase = Phase.SERVING;
    socket.send("READY=1", "STATUS=" + StatusLine.of(daemon));
  }

  /** A reload begins; {@link #reloaded} must follow, successful or not. */
  public void reloading() {
    if (phase != Phase.SERVING) {
      return;
    }
    // Since 253 systemd wants to know that this is newer than its own signal. The JVM's clock is
    // CLOCK_MONOTONIC on Linux.
    socket.send("RELOADING=1", "MONOTONIC_USEC=" + System.nanoTime() / 1_000);
  }

  /**
   * @param outcome one line, what became of the reload
   */
  public void reloaded(String outcome) {
    // A start is over when the daemon serves, not when a reload ended in between.
    if (phase == Phase.SERVING) {
      socket.send("READY=1", "STATUS=" + outcome.replace('\n', ' '));
    }
  }

  /** The daemon ends in order. Returns when that is said. */
  public void stopping() {
    if (phase != Phase.STOPPING) {
      phase = Phase.STOPPING;
      if (!socket.sendNow("STOPPING=1", "STATUS=stopping: draining and settling sessions")) {
        LOGGER.debug("systemd: cannot notify the stop");
      }
    }
  }

  @Override
  public String roleName() {
    return "systemd";
  }

  @Override
  public int doWork() {
    long nowNs = clock.nanoTime();
    switch (phase) {
      case STARTING -> extendStart(nowNs);
      case SERVING -> {
        ping(nowNs);
        status(nowNs);
      }
      case STOPPING -> {}
    }
    return 0;
  }

  private void extendStart(long nowNs) {
    if (nowNs - extendedNs >= EXTENSION_NANOS / 2 && nowNs - startedNs < LONGEST_START_NANOS) {
      extendedNs = nowNs;
      socket.send("EXTEND_TIMEOUT_USEC=" + EXTENSION_NANOS / 1_000, "STATUS=warming up");
    }
  }

  private void ping(long nowNs) {
    if (watchdogNanos == 0 || nowNs - pingedNs < watchdogNanos / 2) {
      return;
    }
    List<String> stuck =
        view.agents().stream().filter(agent -> !agent.healthy()).map(AgentSnapshot::name).toList();
    if (stuck.isEmpty()) {
      pingedNs = nowNs;
      socket.send("WATCHDOG=1");
    } else if (!isWithheld) {
      LOGGER.error(
          "watchdog ping withheld: agents {} stalled; systemd will restart the service", stuck);
    }
    isWithheld = !stuck.isEmpty();
  }

  private void status(long nowNs) {
    if (nowNs - statusNs < STATUS_NANOS) {
      return;
    }
    statusNs = nowNs;
    String line = StatusLine.of(view);
    if (!line.equals(lastStatus)) {
      lastStatus = line;
      socket.send("STATUS=" + line);
    }
  }

  @Override
  public void close() {
    stopping();
    socket.close();
  }
}
