package dev.sluice.session;

import dev.sluice.agent.NanoClock;
import dev.sluice.config.CannSettings;
import dev.sluice.config.Placement;
import dev.sluice.config.PlacementSettings;
import dev.sluice.config.Settings;
import dev.sluice.device.DeviceNodes;
import dev.sluice.device.DeviceProbe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which devices can be used. One is down from the moment at which a session of it failed, its node
 * went away, or its memory stopped to answer, until a probe succeeds; new sessions are refused
 * meanwhile. Devices whose sessions use this host's memory alone ({@code sim}) are never down.
 *
 * <p>What asks a device runs on threads of its own, at most one per device: an answer may never
 * come. One that does not come for {@link Patience#hungNanos} is an answer, too; so is a thread of
 * a session that does not come back for so long.
 */
public final class DeviceWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DeviceWatch.class);

  private static final String HANGS =
      "a call to the device does not return: it hangs, read its log";

  /**
   * Why a device cannot be used.
   *
   * @param sinceNs by the daemon's clock
   */
  public record Down(String cause, long sinceNs) {}

  /** A session with a thread that does not come back from its device, to be given up. */
  record Hung(Session session, String cause) {}

  private final PlacementSettings placements;
  private final long intervalNs;
  private final long hungNanos;
  private final DeviceNodes nodes;
  private final DeviceProbe probe;
  private final IntConsumer beforeUp;
  private final NanoClock clock;
  private final ExecutorService threads;
  private final Map<Integer, Down> down = new ConcurrentHashMap<>();
  // Nodes that were there once; only those can go away. A host without a driver never had any.
  private final Set<Integer> seenNodes = ConcurrentHashMap.newKeySet();
  // Since when a question to the device is open.
  private final Map<Integer, Long> asked = new ConcurrentHashMap<>();
  private long lastCheckNs;

  /**
   * @param environment of the process
   * @param beforeUp called when a device answers again, before a new session can have it
   */
  DeviceWatch(
      Settings settings,
      Map<String, String> environment,
      IntConsumer beforeUp,
      NanoClock clock,
      Patience patience) {
    CannSettings cann = settings.cann();
    this.placements = settings.placement();
    this.hungNanos = patience.hungNanos();
    this.intervalNs = cann.probeIntervalNanos();
    this.nodes = new DeviceNodes(cann.nodes(), environment);
    this.probe = new DeviceProbe(cann, environment);
    this.beforeUp = beforeUp;
    this.clock = clock;
    this.lastCheckNs = clock.nanoTime() - intervalNs;
    this.threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "sluice-probe");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Why a device cannot be used; empty if it can. Any thread. */
  public Optional<Down> down(int device) {
    return Optional.ofNullable(down.get(device));
  }

  /** All that cannot be used, by number. Any thread. */
  public Map<Integer, Down> down() {
    return new TreeMap<>(down);
  }

  /** Why this process may not open the device, one line; empty if it may. */
  String permissionProblem(int device) {
    return nodes.refusal(device);
  }

  /** A device was found to have failed. Any thread. */
  void failed(int device, String cause) {
    if (down.putIfAbsent(device, new Down(cause, clock.nanoTime())) == null) {
      log.warn("device {} is down, sessions are refused until it answers: {}", device, cause);
    }
  }

  /** A call to a device does not return. Any thread. */
  void hangs(int device) {
    failed(device, HANGS);
  }

  /** Threads that wait for an answer of a device for too long. Any thread. */
  int abandonedThreads() {
    long nowNs = clock.nanoTime();
    return (int) asked.values().stream().filter(sinceNs -> nowNs - sinceNs > hungNanos).count();
  }

  /**
   * Looks after every device that has sessions or is down. Janitor; waits for nothing.
   *
   * @param sessions those that are open
   * @return those that hang
   */
  List<Hung> check(List<Session> sessions) {
    Map<Integer, List<Session>> byDevice = new HashMap<>();
    for (Session session : sessions) {
      if (session.memory().placement() != Placement.SIM) {
        byDevice.computeIfAbsent(session.device(), device -> new ArrayList<>()).add(session);
      }
    }
    List<Hung> hung = new ArrayList<>();
    byDevice.forEach((device, some) -> findHung(device, some, hung));
    long nowNs = clock.nanoTime();
    if (nowNs - lastCheckNs >= intervalNs) {
      lastCheckNs = nowNs;
      Set<Integer> all = new HashSet<>(byDevice.keySet());
      all.addAll(down.keySet());
      for (int device : all) {
        check(device, byDevice.getOrDefault(device, List.of()), nowNs);
      }
    }
    return hung;
  }

  private void findHung(int device, List<Session> sessions, List<Hung> hung) {
    for (Session session : sessions) {
      if (session.memory().placement().isOnDevice() && session.hungNanos() > hungNanos) {
        giveUp(device, sessions, HANGS);
        hung.add(new Hung(session, "device failed: " + HANGS));
      }
    }
  }

  private void check(int device, List<Session> sessions, long nowNs) {
    if (nodes.exists(device)) {
      seenNodes.add(device);
    } else if (seenNodes.contains(device)) {
      giveUp(
          device,
          sessions,
          nodes.node(device) + " is gone: the device was unplugged, or its driver unloaded");
      return;
    }
    boolean isDown = down.containsKey(device);
    if (isDown && sessions.stream().anyMatch(session -> !session.memory().failure().isEmpty())) {
      return; // those that failed are still ending; it is not back before they are gone
    }
    Long sinceNs = asked.putIfAbsent(device, nowNs);
    if (sinceNs == null) {
      ask(device, isDown, sessions);
    } else if (nowNs - sinceNs > hungNanos) {
      giveUp(device, sessions, HANGS);
    }
  }

  private void giveUp(int device, List<Session> sessions, String cause) {
    failed(device, cause);
    sessions.forEach(session -> session.memory().giveUp(cause));
  }

  /** What to ask was decided with the look at its sessions: one that fails since is not gone. */
  private void ask(int device, boolean isDown, List<Session> sessions) {
    try {
      threads.execute(
          () -> {
            try {
              if (isDown) {
                askWhetherItIsBack(device);
              } else {
                sessions.forEach(session -> session.memory().probe());
              }
            } finally {
              asked.remove(device);
            }
          });
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      asked.remove(device); // the daemon is stopping, or has no thread; the next round asks
    }
  }

  private void askWhetherItIsBack(int device) {
    String problem = probe.probe(device, placements.of(device));
    if (problem.isEmpty()) {
      beforeUp.accept(device);
      Down was = down.remove(device);
      log.info(
          "device {} is up again after {} s; it had failed: {}",
          device,
          (clock.nanoTime() - was.sinceNs()) / 1_000_000_000,
          was.cause());
    } else {
      log.debug("device {} is still down: {}", device, problem);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
