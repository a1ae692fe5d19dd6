package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.Console;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.FakeDaemon;
import dev.sluice.tool.Json;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.MachineNoise;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BenchCommandTest {
  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();
  private final Console console = new Console(new BenchCommand(daemon, stopSignal));

  @Test
  void shouldNameEveryWorkloadOnce() {
    assertEquals(ExitCode.FINE, console.run("bench", "--list"));
    Set<String> names = new HashSet<>();
    console.out().lines().forEach(line -> names.add(line.substring(0, line.indexOf(':'))));
    assertEquals(Workloads.all().size(), names.size());
    assertTrue(names.contains("clean-rate/l2-2026.06-24x1"));
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldRefuseAFilterThatMatchesNothing() {
    assertEquals(ExitCode.USAGE, console.run("bench", "--filter", "warp"));
    assertTrue(console.err().contains("--list"), console.err());
  }

  @Test
  void shouldRefuseAMedianOfNothing() {
    assertEquals(ExitCode.USAGE, console.run("bench", "--runs", "0"));
  }

  @Test
  void shouldEndOnASignalBeforeTheNextRun() {
    stopSignal.request();
    assertEquals(
        ExitCode.FAILED, console.run("bench", "--filter", "unthrottled/chip-2026.09-24x1"));
    assertTrue(console.err().contains("stopped before"), console.err());
    assertEquals(daemon.starts, daemon.closes);
  }

  @Test
  void shouldRoundTripACacheLine() throws ToolException {
    Map<String, Object> json = Json.parse(Json.print(MachineNoise.watch().end().toJson()), "noise");
    assertTrue(Json.real(json, "cache_line_round_trip_seconds") > 1e-9);
  }
}
