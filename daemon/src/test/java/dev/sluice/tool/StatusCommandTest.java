package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusCommandTest {
  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();
  private Terminal terminal = Terminal.NONE;
  private final Console console = new Console(new StatusCommand(stopSignal));

  @Test
  void shouldSayFirstThatNothingWasLost() {
    daemon.totals = FakeDaemon.counts(1_000_000, 0, 0);
    assertEquals("Nothing was lost: all 1,000,000 records are accounted for.", lines()[0]);
  }

  @Test
  void shouldSayFirstWhatWasLostWhereAndWhen() {
    daemon.totals = FakeDaemon.counts(1_000_000, 4_000, 0);
    daemon.captureLost = 500;
    daemon.lastLoss.put("time", Instant.now().minusSeconds(180).toString());
    daemon.lastLoss.put("place", "device 3");
    String words = String.join(" ", lines());
    assertTrue(words.startsWith("4,500 of 1,000,000 records were lost, the last 3m"), words);
    assertTrue(words.contains("ago (device 3). Devices dropped: host_late 4,000."), words);
    assertTrue(
        words.contains("500 records were collected and are in no capture: disk_full 500."), words);
  }

  @Test
  void shouldShowOpenSessionsByDeviceAndThenTheEndedOnes() {
    for (int device : new int[] {3, 1}) {
      Map<String, Object> open = FakeDaemon.session("trainer-" + device, 1_000_000, 0, 0);
      open.put("state", "running");
      open.put("device", device);
      daemon.sessions.add(open);
    }
    daemon.ended.add(FakeDaemon.session("old", 500, 2, 0));
    String text = String.join("\n", lines());
    assertTrue(text.indexOf("trainer-1") < text.indexOf("trainer-3"), text);
    assertTrue(text.indexOf("trainer-3") < text.indexOf("ended sessions, newest first"), text);
    assertTrue(text.contains("250MB/s"), text);
    assertTrue(text.contains("control path 150 %"), text);
    assertTrue(text.contains("capture writing: buffered (Invalid argument)"), text);
  }

  @Test
  void shouldFitTheTerminal() {
    Map<String, Object> open = FakeDaemon.session("a-job-with-a-rather-long-name", 1_000_000, 9, 0);
    open.put("state", "running");
    daemon.sessions.add(open);
    daemon.ended.add(open);
    daemon.drops.add(drop());
    daemon.totals = FakeDaemon.counts(1_000_000, 9, 0);
    for (int columns : new int[] {40, 60, 80, 120}) {
      terminal = new Terminal(columns, false);
      for (String line : lines()) {
        assertTrue(line.length() <= columns, columns + ": " + line);
      }
    }
  }

  @Test
  void shouldColourTheVerdictOnATerminal() {
    terminal = new Terminal(120, true);
    daemon.totals = FakeDaemon.counts(10, 0, 0);
    assertTrue(lines()[0].startsWith("\u001b[1;32mNothing was lost"), lines()[0]);
    daemon.totals = FakeDaemon.counts(10, 1, 0);
    assertTrue(lines()[0].startsWith("\u001b[1;31m1 of 10"), lines()[0]);
  }

  @Test
  void shouldListTheLastLosses() {
    daemon.drops.add(drop());
    String text = String.join("\n", lines());
    assertTrue(text.contains("aicpu_task"), text);
    assertTrue(text.contains("4,000  host_late  control_path"), text);
  }

  private static Map<String, Object> drop() {
    return Map.of(
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
        "control_path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo bar", "ftp://127.0.0.1/", "http://127.0.0.1:99999", "http://", ""})
  void shouldRefuseWhatIsNoAddress(String url) {
    assertEquals(ExitCode.USAGE, console.run("status", "--url", url));
    assertTrue(console.err().contains("write HOST:PORT or http://HOST:PORT"), console.err());
  }

  /** Returns the lines that the command prints. */
  private String[] lines() {
    Console fresh = new Console(new StatusCommand(stopSignal, () -> terminal));
    try (DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      String address = "127.0.0.1:" + running.httpPort();
      assertEquals(ExitCode.FINE, fresh.run("status", "--url", address), fresh.err());
    }
    return fresh.out().split("\n", -1);
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
