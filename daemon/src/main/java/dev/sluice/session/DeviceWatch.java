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
 * Tracks which devices are usable. A device goes down when a session on it fails, its node
 * disappears or its memory stops responding, and stays down until a probe succeeds; new sessions
 * are refused until then. Devices with placement {@code sim} use host memory only and never go
 * down.
 *
 * <p>Device calls may block forever, so they run on threads of their own, at most one per device. A
 * call or a session thread that takes longer than {@link Patience#hungNanos} counts as a failure.
 */
public final class DeviceWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DeviceWatch.class);

  private static final String HANGS = "a call to the device hangs; check the device log";

  /**
   * Why a device is unusable.
   *
   * @param sinceNs by the daemon's clock
   */
  public record Down(String cause, long sinceNs) {}

  /** A session to give up, because a thread hangs in a call to its device. */
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
  // Nodes seen at least once; only these can disappear. A host without a driver has none.
  private final Set<Integer> seenNodes = ConcurrentHashMap.newKeySet();
  // Start times of open probes, by device.
  private final Map<Integer, Long> asked = new ConcurrentHashMap<>();
  private long lastCheckNs;

  /**
   * @param environment of the process
   * @param beforeUp called when a device answers again, before new sessions may use it
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

  /** Returns why a device is unusable; empty if it is usable. Any thread. */
  public Optional<Down> down(int device) {
    return Optional.ofNullable(down.get(device));
  }

  /** Returns all unusable devices by number. Any thread. */
  public Map<Integer, Down> down() {
    return new TreeMap<>(down);
  }

  /** Returns why this process may not open the device, one line; empty if it may. */
  String permissionProblem(int device) {
    return nodes.refusal(device);
  }

  /** Marks a device as failed. Any thread. */
  void failed(int device, String cause) {
    if (down.putIfAbsent(device, new Down(cause, clock.nanoTime())) == null) {
      log.warn("device {} is down, sessions are refused until it answers: {}", device, cause);
    }
  }

  /** Marks a device as failed because a call to it hangs. Any thread. */
  void hangs(int device) {
    failed(device, HANGS);
  }

  /** Returns how many threads have waited too long for a device. Any thread. */
  int abandonedThreads() {
    long nowNs = clock.nanoTime();
    return (int) asked.values().stream().filter(sinceNs -> nowNs - sinceNs > hungNanos).count();
  }

  /**
   * Checks every device that has sessions or is down. Janitor thread; never waits.
   *
   * @param sessions all open sessions
   * @return the sessions that hang
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
      return; // its failed sessions are still ending; it must not come up before they are closed
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

  /**
   * Probes a device. {@code isDown} was determined together with the check of its sessions; a
   * session that fails later has not ended yet.
   */
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
      asked.remove(device); // the daemon is stopping or out of threads; the next round retries
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
