package dev.sluice.tool.diagnose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.Console;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.FakeDaemon;
import dev.sluice.tool.FakeProducer;
import dev.sluice.tool.Json;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class DiagnoseCommandTest {
  private static final int MOST_RUNS = 200;
  private static final long RECORDS = 64_000;

  @TempDir private Path folder;

  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();
  private final FakeProbes probes = new FakeProbes();
  private final Console console = new Console(new DiagnoseCommand(daemon, probes, stopSignal));

  /** A fault-free host unless the test sets a fault. */
  private static final class FakeProbes implements HostProbes {
    String refusal;
    Runnable onControlPath = () -> {};

    @Override
    public Shape plan(ShapeRequest request, Map<String, String> settings) throws ToolException {
      if (refusal != null) {
        throw new ToolException(refusal);
      }
      return CeilingModelTest.SHAPE;
    }

    @Override
    public Pauses pauses(Map<String, String> settings, long durationNs, long thresholdNs) {
      return new Pauses(durationNs, List.of(new Gap(1_000, 25_000)));
    }

    @Override
    public double controlPath(ShapeRequest request, long durationNs) {
      onControlPath.run();
      return 7e6;
    }
  }

  /** Returns a producer for a settled session in every run of a diagnosis. */
  private FakeProducer producer() throws IOException {
    for (int run = 0; run < MOST_RUNS; run++) {
      daemon.ended.add(
          FakeDaemon.session(
              "diagnose-" + ProcessHandle.current().pid() + "-" + run, RECORDS, 0, 0));
    }
    return FakeProducer.producing(folder, RECORDS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--layout=l2-2026.07 | unknown layout 'l2-2026.07'",
        "--cores=0 | --cores: 0 is too small",
        "--aicpu-threads=25 | more scheduler threads than cores",
        "--slots=3 | 3 is not a power of two",
        "--buffers=-1 | --buffers: -1 is too small",
        "--rate=fast | 'fast'",
        "--rate=max | write the rate that is wanted",
        "--force | name its --socket",
        "--nonsense | unknown option --nonsense",
      })
  void shouldRefuseWhatCannotBeRight(String option, String message) {
    assertEquals(ExitCode.USAGE, console.run("diagnose", option));
    assertTrue(console.err().contains(message), console.err());
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldRefuseToChangeADaemonThatRuns() {
    assertEquals(
        ExitCode.USAGE, console.run("diagnose", "--socket=/a", "--set=sluice.threading=inline"));
    assertTrue(console.err().contains("a running one stays as it is"), console.err());
  }

  @Test
  void shouldShowAnExampleInItsHelp() {
    assertEquals(ExitCode.FINE, console.run("diagnose", "--help"));
    assertTrue(console.out().contains("Example: sluice diagnose --quick"), console.out());
  }

  @Test
  void shouldSayInOneLineThatTheArenaHasNoRoom() {
    probes.refusal = "no arena for it: arena of 3 bytes, sluice.arena.bytes allows 2";
    assertEquals(ExitCode.FAILED, console.run("diagnose", "--quick"));
    assertEquals("sluice: " + probes.refusal, console.err().strip());
    assertEquals(0, daemon.starts, "found out before anything was started");
  }

  @Test
  void shouldReportInTextAndInOnePage() throws IOException {
    Path html = folder.resolve("report.html");
    try (FakeProducer ignored = producer()) {
      assertEquals(
          ExitCode.FINE,
          console.run("diagnose", "--quick", "--rate=100GB/s", "--html", html.toString()),
          console.err());
    }
    String text = console.out();
    assertFalse(text.contains("PARTIAL"), text);
    assertTrue(text.startsWith("100GB/s is too fast for this host."), "the answer first: " + text);
    assertTrue(text.indexOf("What to change") < text.indexOf("24/1"), text);
    assertTrue(text.contains("\n24/1         rate"), text);
    assertTrue(text.contains("refill_latency_worst"), text);
    assertTrue(text.contains("storage"), text);
    assertTrue(text.contains("chip-2026.08/a2a3"), text);
    String page = Files.readString(html);
    assertFalse(page.contains("/*DATA*/"), "the data stands in its place");
    assertFalse(page.contains("http:") || page.contains("https:"), "needs no other file");
    assertTrue(page.contains("\"verdict\""));
  }

  @Test
  void shouldPrintOneObjectWithTheKeysThatOtherCommandsHave() throws IOException, ToolException {
    try (FakeProducer ignored = producer()) {
      assertEquals(ExitCode.FINE, console.run("diagnose", "--quick", "--json"), console.err());
    }
    Map<String, Object> json = Json.parse(console.out(), "diagnose");
    for (String key :
        List.of(
            "layout",
            "duration_seconds",
            "device_records",
            "collected_records",
            "collected_bytes",
            "dropped_records",
            "unaccounted_records",
            "salvaged_records",
            "never_started_records",
            "abi_violations",
            "collected_bytes_per_second",
            "device_stall_seconds",
            "refill_latency_seconds",
            "drain_pause_seconds",
            "daemon_cpu_seconds",
            "verdict",
            "kinds",
            "terms",
            "predictions",
            "found",
            "by_layout",
            "machine",
            "diagnosis",
            "shapes")) {
      assertTrue(json.containsKey(key), key);
    }
    assertEquals(false, json.get("partial"));
    assertEquals(
        Json.objects(json, "predictions").size(),
        Json.objects(json, "found").size(),
        "side by side");
  }

  @Test
  void shouldReportWhatIsThereWhenInterrupted() throws IOException, ToolException {
    probes.onControlPath = stopSignal::request;
    Path html = folder.resolve("report.html");
    try (FakeProducer ignored = producer()) {
      assertEquals(ExitCode.FAILED, console.run("diagnose", "--quick", "--html", html.toString()));
    }
    assertTrue(console.out().startsWith("PARTIAL"), console.out());
    assertTrue(console.out().contains("mapping_read_32k"), "what was measured is there");
    assertTrue(console.out().contains("No verdict: interrupted"), console.out());
    assertTrue(Files.readString(html).contains("\"partial\" : true"));
  }

  @Test
  void shouldLeaveADaemonAloneThatServesSomebody() throws Exception {
    daemon.sessions.add(running());
    try (DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      String url = "http://127.0.0.1:" + running.httpPort();
      assertEquals(
          ExitCode.FAILED,
          console.run("diagnose", "--quick", "--socket=" + folder.resolve("s"), "--url=" + url));
      assertTrue(console.err().contains("serves 1 session(s)"), console.err());
      assertTrue(console.err().contains("--force"), console.err());
    }
  }

  @Test
  void shouldDiagnoseARunningDaemonOnDemandAndStartNone() throws Exception {
    daemon.sessions.add(running());
    try (FakeProducer producer = producer();
        DaemonHost.Running running = daemon.start(Optional.empty(), Map.of())) {
      int starts = daemon.starts;
      String url = "http://127.0.0.1:" + running.httpPort();
      Path socket = folder.resolve("attach.sock");
      assertEquals(
          ExitCode.FINE,
          console.run(
              "diagnose", "--quick", "--force", "--device=5", "--socket=" + socket, "--url=" + url),
          console.err());
      assertEquals(starts, daemon.starts);
      assertTrue(producer.arguments().contains(socket.toString()));
      List<String> arguments = producer.arguments();
      assertEquals("5", arguments.get(arguments.lastIndexOf("--device") + 1));
    }
    assertFalse(console.out().contains("\nstorage "), "needs another configuration");
  }

  private static Map<String, Object> running() {
    Map<String, Object> session = FakeDaemon.session("training", 10, 0, 0);
    session.put("state", "running");
    return session;
  }
}
