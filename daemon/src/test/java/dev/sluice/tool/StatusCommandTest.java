package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusCommandTest {
  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();
  private final Console console = new Console(new StatusCommand(stopSignal));

  @Test
  void shouldShowOpenAndEndedSessions() {
    Map<String, Object> open = FakeDaemon.session("trainer", 1_000_000, 0, 0);
    open.put("state", "running");
    daemon.sessions.add(open);
    daemon.ended.add(FakeDaemon.session("old", 500, 2, 0));
    try (DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      assertEquals(ExitCode.FINE, console.run("status", "--url", url(running)), console.err());
    }
    assertTrue(console.out().contains("ready, 1 open and 1 ended sessions"), console.out());
    assertTrue(console.out().contains("trainer"), console.out());
    assertTrue(console.out().contains("1,000,000"), console.out());
    assertTrue(
        console.out().contains("capture writing: buffered (Invalid argument)"), console.out());
  }

  @Test
  void shouldShowHeadroomOfOpenSessionsAndTheLastDrops() {
    Map<String, Object> open = FakeDaemon.session("trainer", 1_000_000, 0, 0);
    open.put("state", "running");
    daemon.sessions.add(open);
    daemon.drops.add(
        Map.of(
            "time",
            "2026-11-22T10:05:00Z",
            "device",
            3,
            "session",
            7,
            "kind",
            "aicpu_task",
            "instance",
            12,
            "dropped_records",
            4000,
            "cause",
            "host_late",
            "ceiling",
            "control_path"));
    try (DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      assertEquals(ExitCode.FINE, console.run("status", "--url", url(running)), console.err());
    }
    assertTrue(console.out().contains("0.25 (1.50)"), console.out());
    assertTrue(
        console.out().contains("aicpu_task 12: 4,000 records, host_late (control_path)"),
        console.out());
  }

  @Test
  void shouldSayThatTheDaemonIsNotReady() {
    daemon.isReady = false;
    try (DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      console.run("status", "--url", url(running));
    }
    assertTrue(console.out().contains("not ready"), console.out());
  }

  @Test
  void shouldSayWhatToDoWhenNobodyListens() {
    DaemonHost.Running running = daemon.start(Optional.empty(), Map.of());
    String url = url(running);
    running.close();
    assertEquals(ExitCode.FAILED, console.run("status", "--url", url));
    assertTrue(console.err().contains("start one with 'sluice daemon'"), console.err());
    assertEquals(1, console.err().strip().lines().count());
  }

  @Test
  void shouldEndAWatchOnASignal() {
    stopSignal.request();
    try (DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      assertEquals(ExitCode.FINE, console.run("status", "--watch", "--url", url(running)));
    }
  }

  private static String url(DaemonHost.Running running) {
    return "http://127.0.0.1:" + running.httpPort();
  }
}
