package dev.sluice.service.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.FakeView;
import dev.sluice.service.transport.EventLoops;
import dev.sluice.testkit.ManualClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps the notifier on a manual clock; the datagrams are real. */
class ServiceNotifierTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long PID = 4711;
  private static final String STATUS =
      "STATUS=1 session on 1 device, 60 records dropped, 5 unaccounted, nearest ceiling"
          + " control_path at 150%";

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock();
  private final FakeView view = new FakeView();
  private EventLoops loops;
  private Manager manager;
  // On the notifier's event loop, so that messages arrive in the order of the calls.
  private NotifySocket marker;
  private ServiceNotifier notifier;

  @BeforeEach
  void start() {
    loops = new EventLoops(1);
    manager = new Manager(loops, directory.resolve("notify").toString());
    marker = NotifySocket.open(directory.resolve("notify").toString(), loops).orElseThrow();
    notifier = notifier(Map.of("WATCHDOG_USEC", "10000000"));
  }

  @AfterEach
  void stop() {
    notifier.close();
    marker.close();
    manager.close();
    loops.close();
  }

  private ServiceNotifier notifier(Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("NOTIFY_SOCKET", directory.resolve("notify").toString());
    return ServiceNotifier.of(environment, PID, loops, clock).orElseThrow();
  }

  /** Advances the clock beat by beat. */
  private void pass(ServiceNotifier stepped, long nanos) {
    for (long passed = 0; passed < nanos; passed += stepped.beatNanos()) {
      clock.advance(stepped.beatNanos());
      stepped.doWork();
    }
  }

  /** Returns everything sent so far, up to a marker message. */
  private String untilMark() throws InterruptedException {
    marker.send("STATUS=mark");
    StringBuilder all = new StringBuilder();
    String message = manager.next();
    while (!message.contains("STATUS=mark")) {
      all.append(message);
      message = manager.next();
    }
    return all.toString();
  }

  private static long count(String messages, String line) {
    return messages.lines().filter(line::equals).count();
  }

  @Test
  void shouldDoNothingWhereNobodyAsks() {
    assertTrue(ServiceNotifier.of(Map.of(), PID, loops, clock).isEmpty());
    assertTrue(ServiceNotifier.of(Map.of("NOTIFY_SOCKET", ""), PID, loops, clock).isEmpty());
    assertTrue(manager.isSilent());
  }

  @Test
  void shouldSayThatItIsReadyWithALineOfStatus() throws Exception {
    notifier.ready(view);
    assertEquals("READY=1\n" + STATUS + "\n", manager.next());
  }

  @Test
  void shouldSayWhyItIsNotReady() throws Exception {
    view.notReady.add("agent refill makes no progress");
    notifier.ready(view);
    assertTrue(manager.next().endsWith("; not ready: agent refill makes no progress\n"));
  }

  @Test
  void shouldExtendALongStartButNotForEver() throws Exception {
    pass(notifier, 4 * SECOND);
    assertEquals("", untilMark());
    pass(notifier, 20 * SECOND);
    assertEquals(4, count(untilMark(), "EXTEND_TIMEOUT_USEC=10000000"));
    pass(notifier, 600 * SECOND);
    long all = count(untilMark(), "EXTEND_TIMEOUT_USEC=10000000");
    assertTrue(all >= 50 && all <= 60, "extensions: " + all);
    pass(notifier, 600 * SECOND);
    assertEquals(0, count(untilMark(), "EXTEND_TIMEOUT_USEC=10000000"));
  }

  @Test
  void shouldGiveALifeSignEveryHalfOfTheWatchdogsTime() throws Exception {
    pass(notifier, 20 * SECOND);
    assertEquals(0, count(untilMark(), "WATCHDOG=1"), "no watchdog during the start");
    notifier.ready(view);
    pass(notifier, 60 * SECOND);
    assertEquals(12, count(untilMark(), "WATCHDOG=1"));
  }

  @Test
  void shouldGiveNoLifeSignWhileAnAgentIsStuckAndOneAtOnceAfterwards() throws Exception {
    notifier.ready(view);
    pass(notifier, 6 * SECOND);
    assertEquals(1, count(untilMark(), "WATCHDOG=1"));
    view.isHealthy = false;
    pass(notifier, 60 * SECOND);
    assertEquals(0, count(untilMark(), "WATCHDOG=1"));
    view.isHealthy = true;
    pass(notifier, notifier.beatNanos());
    assertEquals(1, count(untilMark(), "WATCHDOG=1"));
  }

  @Test
  void shouldNotPingForAnotherProcessNorWithoutAWatchdog() throws Exception {
    for (Map<String, String> environment :
        List.of(
            Map.of("WATCHDOG_USEC", "10000000", "WATCHDOG_PID", "1"),
            Map.of("WATCHDOG_USEC", "soon"),
            Map.of("WATCHDOG_USEC", "-5"),
            Map.<String, String>of())) {
      try (ServiceNotifier unwatched = notifier(environment)) {
        unwatched.ready(view);
        pass(unwatched, 60 * SECOND);
        assertEquals(0, count(untilMark(), "WATCHDOG=1"), environment::toString);
      }
      manager.next("STOPPING=1");
    }
    try (ServiceNotifier watched =
        notifier(Map.of("WATCHDOG_USEC", "10000000", "WATCHDOG_PID", Long.toString(PID)))) {
      watched.ready(view);
      pass(watched, 10 * SECOND);
      assertEquals(2, count(untilMark(), "WATCHDOG=1"));
    }
  }

  @Test
  void shouldBeatOftenEnoughForAShortWatchdog() {
    try (ServiceNotifier hasty = notifier(Map.of("WATCHDOG_USEC", "200000"))) {
      assertEquals(25_000_000, hasty.beatNanos());
    }
  }

  @Test
  void shouldSayWhenItReloadsByTheClockOfTheSystem() throws Exception {
    notifier.ready(view);
    manager.next("READY=1");
    long beforeMicros = System.nanoTime() / 1_000;
    notifier.reloading();
    notifier.reloaded("kept the old configuration");
    String[] lines = manager.next().split("\n", -1);
    assertEquals("RELOADING=1", lines[0]);
    long micros = Long.parseLong(lines[1].substring("MONOTONIC_USEC=".length()));
    assertTrue(micros >= beforeMicros && micros <= System.nanoTime() / 1_000);
    // Must be CLOCK_MONOTONIC, which never exceeds the time since boot.
    double uptime = Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", 2)[0]);
    assertTrue(micros > 0 && micros / 1e6 < uptime + 1, micros + " us, up " + uptime + " s");
    assertEquals("READY=1\nSTATUS=kept the old configuration\n", manager.next());
  }

  @Test
  void shouldSayOnceThatItStops() throws Exception {
    notifier.ready(view);
    manager.next("READY=1");
    notifier.stopping();
    assertTrue(manager.next().startsWith("STOPPING=1\nSTATUS=stopping"));
    notifier.stopping();
    pass(notifier, 60 * SECOND);
    notifier.close();
    assertTrue(manager.isSilent());
  }

  @Test
  void shouldRenewTheStatusWhenItChanges() throws Exception {
    notifier.ready(view);
    pass(notifier, 60 * SECOND);
    assertTrue(count(untilMark(), STATUS) <= 2, "the same line again is no news");
    view.notReady.add("stopping");
    pass(notifier, 6 * SECOND);
    assertEquals(1, count(untilMark(), STATUS + "; not ready: stopping"));
  }
}
