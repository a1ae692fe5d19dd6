package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.tool.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The preload library of integrations/simpler with a stand-in for the runtime: checks the order of
 * its calls, and that the runtime's own collector runs where Sluice does not. There is no device,
 * so runs contain no records.
 */
@Timeout(120)
class SimplerAdapterTest {
  private static final String OLD = "chip-2026.08";
  private static final String NEW = "chip-2026.09";

  @TempDir private static Path checkouts;
  @TempDir private Path folder;

  private record Outcome(int code, String out, List<String> said) {}

  @BeforeAll
  static void build() throws Exception {
    assumeTrue(
        new ProcessBuilder("sh", "-c", "command -v g++ >/dev/null").start().waitFor() == 0,
        "no g++ here");
    for (String generation : List.of(OLD, NEW)) {
      Path checkout = checkouts.resolve(generation);
      assertDone(script("standin/build.sh"), generation, checkout.toString());
      assertDone(script("build.sh"), checkout.toString());
    }
  }

  private static String script(String name) {
    return Path.of(System.getProperty("sluice.home", ".."), "integrations/simpler", name)
        .toAbsolutePath()
        .toString();
  }

  private static void assertDone(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = text(process.getInputStream());
    assertEquals(0, process.waitFor(), out);
  }

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static Path library(String generation, String arch) {
    return checkouts
        .resolve(generation)
        .resolve("build/lib/" + arch + "/sim/tensormap_and_ringbuffer/libhost_runtime.so");
  }

  private Outcome run(String generation, Path runtime, Path socket, String... steps)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(checkouts.resolve(generation).resolve("main").toString());
    command.add(runtime.toString());
    for (String step : steps) {
      command.add(
          step.replace(":", ":" + folder + "/").replaceFirst("/([^/]*):" + folder + "/", "/$1:"));
    }
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(folder.resolve("err").toFile());
    builder
        .environment()
        .put(
            "LD_PRELOAD",
            checkouts
                .resolve(generation)
                .resolve("build/sluice/libsluice_simpler_a2a3.so")
                .toString());
    if (socket != null) {
      builder.environment().put("SIMPLER_SLUICE_SOCKET", socket.toString());
    }
    Process process = builder.start();
    String out = text(process.getInputStream());
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    List<String> said =
        Files.readAllLines(folder.resolve("err")).stream()
            .filter(line -> line.startsWith("sluice: "))
            .toList();
    return new Outcome(process.exitValue(), out, said);
  }

  private TestDaemon daemon() {
    return TestDaemon.start(
        "sluice.capture.enabled=true", "sluice.capture.directory=" + folder.resolve("captures"));
  }

  private static Path socket(TestDaemon daemon) {
    return daemon.folder().resolve("attach.sock");
  }

  /** Returns names and epochs of the runs of each session, once all sessions have ended. */
  private Map<Long, List<String>> runs(TestDaemon daemon) throws Exception {
    Map<Long, List<String>> runs = new TreeMap<>();
    for (Map<String, Object> session :
        Json.objects(Json.parse(daemon.get("/api/v1/sessions"), "sessions"), "ended")) {
      assertEquals("ended (detached)", Json.text(session, "state"));
      Path capture = Path.of(Json.text(Json.object(session, "capture"), "directory"));
      List<String> names = new ArrayList<>();
      try (CaptureReader reader = CaptureReader.open(capture)) {
        for (CaptureManifest.RunWindow run : reader.manifest().runs()) {
          names.add(folder.relativize(Path.of(run.name())) + " " + run.epoch());
        }
      }
      assertEquals(names.size(), Json.whole(session, "runs"));
      runs.put(Json.whole(session, "id"), names);
    }
    assertEquals(
        List.of(),
        Json.objects(Json.parse(daemon.get("/api/v1/sessions"), "sessions"), "sessions"));
    return runs;
  }

  private static final String OWN_RUN =
      "own initialize\nown start\nlaunch %s/A\nown read\nown reconcile\nown export\nown finalize\n";

  @Test
  void shouldKeepTheSessionFromRunToRunAndChangeItWithTheLevel() throws Exception {
    try (TestDaemon daemon = daemon()) {
      Outcome outcome =
          run(OLD, library(OLD, "a2a3"), socket(daemon), "run:A:4", "run:B:4", "run:C:2", "end");
      assertEquals("launch %1$s/A\nlaunch %1$s/B\nlaunch %1$s/C\n".formatted(folder), outcome.out);
      assertEquals(3, outcome.said.size(), outcome.said::toString);
      assertTrue(
          outcome.said.get(1).startsWith("sluice: run 2 (B): produced 0, "),
          outcome.said::toString);
      assertEquals(Map.of(1L, List.of("A 0", "B 0"), 2L, List.of("C 0")), runs(daemon));
    }
  }

  /** After a failed run the runner only calls finalize(). */
  @Test
  void shouldEndARunThatFailed() throws Exception {
    try (TestDaemon daemon = daemon()) {
      Outcome outcome = run(OLD, library(OLD, "a2a3"), socket(daemon), "fail:A:4", "run:B:4");
      assertEquals("launch %1$s/A\nlaunch %1$s/B\n".formatted(folder), outcome.out);
      assertEquals(2, outcome.said.size(), outcome.said::toString);
      assertEquals(Map.of(1L, List.of("A 0", "B 0")), runs(daemon), "ended by the library itself");
    }
  }

  @Test
  void shouldLeaveTheSessionOfAParentAlone() throws Exception {
    try (TestDaemon daemon = daemon()) {
      run(OLD, library(OLD, "a2a3"), socket(daemon), "run:A:4", "fork", "run:B:4", "run:C:4");
      assertEquals(Map.of(1L, List.of("A 0"), 2L, List.of("B 0", "C 0")), runs(daemon));
    }
  }

  @Test
  void shouldFollowTheRunnersOfTheNewestGeneration() throws Exception {
    try (TestDaemon daemon = daemon()) {
      Outcome outcome = run(NEW, library(NEW, "a2a3"), socket(daemon), "run:A:4", "run:B:4", "end");
      assertEquals(
          "own publish\nbank there\nlaunch %1$s/A\nbank there\nlaunch %1$s/B\n".formatted(folder),
          outcome.out);
      assertEquals(Map.of(1L, List.of("A 2", "B 3")), runs(daemon), "the epoch that arms the bank");
    }
  }

  @Test
  void shouldLeaveTheHostPartToTheRuntime() throws Exception {
    try (TestDaemon daemon = daemon()) {
      Files.createDirectory(folder.resolve("A"));
      Outcome outcome = run(OLD, library(OLD, "a2a3"), socket(daemon), "host:A:4", "end");
      assertEquals("launch %s/A\nown export\n".formatted(folder), outcome.out);
      assertTrue(Files.exists(folder.resolve("A/chip_swimlane_host.json")));
      assertFalse(Files.exists(folder.resolve("A/chip_swimlane_records.json")));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {OLD, NEW})
  void shouldUseTheRuntimesCollectorWithoutADaemon(String generation) throws Exception {
    Outcome outcome =
        run(generation, library(generation, "a2a3"), folder.resolve("none.sock"), "run:A:4", "end");
    assertTrue(outcome.out.contains("own initialize\n"), outcome.out);
    assertTrue(outcome.out.contains("own export\n"), outcome.out);
    assertTrue(outcome.out.endsWith("own finalize\n"), outcome.out);
    assertEquals(1, outcome.said.size(), outcome.said::toString);
    assertTrue(outcome.said.get(0).contains("not attached, the runtime's own collector runs: "));
  }

  @Test
  void shouldDoNothingWithoutTheVariable() throws Exception {
    Outcome outcome = run(OLD, library(OLD, "a2a3"), null, "run:A:4", "end");
    assertEquals(OWN_RUN.formatted(folder), outcome.out);
    assertEquals(List.of(), outcome.said);
  }

  @Test
  void shouldNotTouchARuntimeThatItWasNotBuiltFor() throws Exception {
    try (TestDaemon daemon = daemon()) {
      Outcome other = run(OLD, library(OLD, "a5"), socket(daemon), "run:A:4", "end");
      assertEquals(OWN_RUN.formatted(folder), other.out);
      assertTrue(other.said.get(0).contains("is not of a2a3"), other.said::toString);
      Path newer = folder.resolve("build/lib/a2a3/sim/x/libhost_runtime.so");
      Files.createDirectories(newer.getParent());
      Files.copy(library(OLD, "a2a3"), newer);
      Files.setLastModifiedTime(newer, FileTime.from(Instant.now().plusSeconds(60)));
      Outcome rebuilt = run(OLD, newer, socket(daemon), "run:A:4", "end");
      assertEquals(OWN_RUN.formatted(folder), rebuilt.out);
      assertEquals(1, rebuilt.said.size());
      assertTrue(rebuilt.said.get(0).contains(newer + " is newer than "), rebuilt.said::toString);
      assertEquals(Map.of(), runs(daemon));
    }
  }

  @Test
  void shouldSayThatNothingAttached() throws Exception {
    try (TestDaemon daemon = daemon()) {
      Outcome outcome = run(OLD, library(OLD, "a2a3"), socket(daemon));
      assertEquals(1, outcome.said.size());
      assertTrue(outcome.said.get(0).contains("a host runtime was loaded and nothing attached"));
    }
  }

  @Test
  void shouldRefuseACollectorThatItDoesNotKnow() throws Exception {
    Path checkout = folder.resolve("other");
    assertDone(script("standin/build.sh"), OLD, checkout.toString());
    Path header = checkout.resolve("src/common/platform/include/host/chip_swimlane_collector.h");
    Files.writeString(
        header,
        Files.readString(header).replace("int num_aicore, int aicpu", "int cores, int aicpu"));
    Process process =
        new ProcessBuilder(script("build.sh"), checkout.toString())
            .redirectErrorStream(true)
            .start();
    String out = text(process.getInputStream());
    assertEquals(1, process.waitFor());
    assertTrue(out.contains("has an initialize() that is not known"), out);
  }
}
