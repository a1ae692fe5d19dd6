package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DropsCommandTest {
  private final FakeDaemon daemon = new FakeDaemon();
  private final Console console = new Console(new DropsCommand());

  private int run(String... more) {
    try (DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      String[] all = new String[more.length + 2];
      all[0] = "drops";
      all[1] = "--url=127.0.0.1:" + running.httpPort();
      System.arraycopy(more, 0, all, 2, more.length);
      return console.run(all);
    }
  }

  private static Map<String, Object> drop(int device, int ageSeconds) {
    Map<String, Object> drop = new HashMap<>();
    drop.put("time", Instant.now().minusSeconds(ageSeconds).toString());
    drop.put("device", device);
    drop.put("session", 7);
    drop.put("kind", "aicpu_task");
    drop.put("instance", 12);
    drop.put("dropped_records", 4000);
    drop.put("cause", "host_late");
    drop.put("ceiling", "control_path");
    return drop;
  }

  @Test
  void shouldSayThatNothingWasLost() {
    assertEquals(ExitCode.FINE, run(), console.err());
    assertEquals("No device dropped a record since the daemon started.\n", console.out());
  }

  @Test
  void shouldSayWhereWhenAndWhy() {
    daemon.drops.add(drop(3, 180));
    daemon.captureLost = 12;
    assertEquals(ExitCode.FINE, run(), console.err());
    String text = console.out().replaceAll(" +", " ");
    assertTrue(text.contains(" 3m"), text);
    assertTrue(text.contains(" 3 7 aicpu_task 12 4,000 host_late control_path\n"), text);
    assertTrue(text.contains("12 records were collected and are in no capture: disk_full"), text);
  }

  @Test
  void shouldFilterByDeviceAndCount() {
    daemon.drops.add(drop(3, 10));
    daemon.drops.add(drop(4, 20));
    daemon.drops.add(drop(4, 30));
    assertEquals(ExitCode.FINE, run("--device=4", "--limit=1", "--json"), console.err());
    assertTrue(console.out().contains("\"device\" : 4"), console.out());
    assertTrue(console.out().contains("\"age_seconds\" : 20."), console.out());
    assertEquals(1, console.out().split("\"age_seconds\"", -1).length - 1);
  }

  @Test
  void shouldRefuseALimitBeforeItAsks() {
    assertEquals(ExitCode.USAGE, run("--limit=0"));
    assertTrue(console.err().startsWith("sluice: --limit: write a number from 1"), console.err());
  }
}
