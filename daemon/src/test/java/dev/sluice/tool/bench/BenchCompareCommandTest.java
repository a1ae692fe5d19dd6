package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.Console;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.FakeDaemon;
import dev.sluice.tool.Json;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.MachineNoise;
import dev.sluice.tool.measure.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCompareCommandTest {
  private static final MachineNoise NOISE = new MachineNoise(123, 45, 0.5);

  @TempDir private Path folder;

  private final FakeDaemon daemon = new FakeDaemon();
  private final Console console = new Console(new BenchCommand(daemon, new StopSignal()));

  @Test
  void shouldCompareTwoFilesWithoutARun() throws IOException, ToolException {
    Path old = results("old.json", 2e9, 2.1e9, 2.2e9);
    Path now = results("new.json", 3e9, 3.1e9, 3.2e9);
    assertEquals(
        ExitCode.FINE, console.run("bench", "--compare", old.toString(), "--with", now.toString()));
    assertTrue(
        console
            .out()
            .lines()
            .anyMatch(
                line -> line.matches(" +clean-rate/.*: rate +2.1GB/s +3.1GB/s +1.48 +better")),
        console.out());
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldPrintAComparisonAsJson() throws IOException, ToolException {
    Path file = results("old.json", 2e9, 2.1e9, 2.2e9);
    assertEquals(
        ExitCode.FINE,
        console.run("bench", "--json", "--compare", file.toString(), "--with", file.toString()));
    Map<String, Object> json = Json.parse(console.out(), "bench");
    assertEquals("=", Json.objects(json, "figures").get(0).get("mark"));
    assertEquals(true, json.get("is_same_machine"));
  }

  @Test
  void shouldCompareOnlyWhatTheFilterNames() throws IOException, ToolException {
    Path file = results("old.json", 1);
    assertEquals(
        ExitCode.FINE,
        console.run(
            "bench",
            "--filter",
            "refill",
            "--compare",
            file.toString(),
            "--with",
            file.toString(),
            "--json"));
    Map<String, Object> json = Json.parse(console.out(), "bench");
    assertEquals(List.of(), json.get("figures"));
    assertEquals(Map.of(), json.get("not_compared"));
  }

  @Test
  void shouldRefuseWhatItCannotReadInOneLine() throws IOException, ToolException {
    Path text = Files.writeString(folder.resolve("text"), "name,value\nclean,1\n");
    Path bytes = Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff, 0, (byte) 0xfe});
    Path foreign = Files.writeString(folder.resolve("foreign"), "{\"benchmarks\": []}");
    Path results = results("mine.json", 1);
    Path newer =
        Files.writeString(
            folder.resolve("newer"),
            Files.readString(results).replaceFirst("(schema_version\"? *: *)1", "$17"));
    Path torn =
        Files.writeString(
            folder.resolve("torn"), Files.readString(results).replace("\"runs\"", "\"ruins\""));
    refused(folder.resolve("nowhere"), "no such file");
    refused(folder, "cannot read");
    refused(text, "not output of sluice bench --json");
    refused(bytes, "");
    refused(foreign, "not output of sluice bench --json");
    refused(newer, "schema is version 7, this sluice reads version 1");
    refused(torn, "runs");
    assertEquals(0, daemon.starts, "found out before anything runs");
  }

  @Test
  void shouldNotTakeNewResultsWithoutOldOnes() {
    assertEquals(ExitCode.USAGE, console.run("bench", "--with", "new.json"));
    assertTrue(console.err().contains("--compare"), console.err());
  }

  private void refused(Path file, String reason) {
    Console fresh = new Console(new BenchCommand(daemon, new StopSignal()));
    assertEquals(ExitCode.USAGE, fresh.run("bench", "--compare", file.toString()));
    assertEquals(1, fresh.err().lines().count(), fresh.err());
    assertTrue(fresh.err().contains(file.toString()), fresh.err());
    assertTrue(fresh.err().contains(reason), fresh.err());
    assertEquals("", fresh.out());
  }

  private Path results(String name, double... runs) throws IOException, ToolException {
    Workload workload =
        Workloads.all().stream()
            .filter(each -> each.name().startsWith("clean-rate/"))
            .findFirst()
            .orElseThrow();
    BenchReport report = new BenchReport("sluice 1.2.3", 3, false);
    report.add(
        workload,
        new Measurement(
            List.of(Figure.atLeast(2e9, "rate", Unit.BYTES_PER_SECOND, runs)), List.of()),
        NOISE);
    return Files.writeString(folder.resolve(name), Json.print(report.toJson()));
  }
}
