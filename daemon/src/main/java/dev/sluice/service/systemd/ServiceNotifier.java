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
 * Notifies the service manager of the daemon's state: ready when it serves, alive only while every
 * agent makes progress, reloading, stopping.
 *
 * <p>An agent, so that tests can step it; its thread calls {@link #doWork} every {@link
 * #beatNanos}. Any thread may call the other methods. Notifications are sent in call order.
 */
public final class ServiceNotifier implements Agent, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ServiceNotifier.class);

  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long STATUS_NANOS = 5 * SECOND_NANOS;
  private static final long SHORTEST_BEAT_NANOS = 10_000_000;

  /** Length of one extension of the start timeout, renewed after half of it. */
  private static final long EXTENSION_NANOS = 10 * SECOND_NANOS;

  /** A start that takes longer is stuck, and systemd may time it out. */
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
  // Confined to the notifier's thread.
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
   * @param environment of the process: {@code NOTIFY_SOCKET}, {@code WATCHDOG_USEC}, {@code
   *     WATCHDOG_PID}
   * @param pid of this process; a watchdog for another process is ignored
   * @return empty if no service manager requests notifications
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

  /** Returns 0 without a watchdog. */
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

  /** Interval at which {@link #doWork} must be called, in nanoseconds. */
  public long beatNanos() {
    // A withheld ping is sent as soon as all agents recover, well before the deadline.
    long wanted = watchdogNanos == 0 ? SECOND_NANOS : Math.min(SECOND_NANOS, watchdogNanos / 8);
    return Math.max(SHORTEST_BEAT_NANOS, wanted);
  }

  /** Notifies that the daemon serves: all sockets listen. */
  public void ready(DaemonView daemon) {
    view = daemon;
    phase = Phase.SERVING;
    socket.send("READY=1", "STATUS=" + StatusLine.of(daemon));
  }

  /** Notifies that a reload begins; {@link #reloaded} must follow, successful or not. */
  public void reloading() {
    if (phase != Phase.SERVING) {
      return;
    }
    // systemd 253 and later need proof that this is newer than their own signal. The JVM's clock is
    // CLOCK_MONOTONIC on Linux.
    socket.send("RELOADING=1", "MONOTONIC_USEC=" + System.nanoTime() / 1_000);
  }

  /**
   * @param outcome result of the reload, one line
   */
  public void reloaded(String outcome) {
    // A start is over when the daemon serves, not when a reload ends in between.
    if (phase == Phase.SERVING) {
      socket.send("READY=1", "STATUS=" + outcome.replace('\n', ' '));
    }
  }

  /** Notifies that the daemon is shutting down. Returns once that is sent. */
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
