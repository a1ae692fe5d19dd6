package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Layout;
import dev.sluice.bridge.NativeTools;
import dev.sluice.service.Labels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The main use case: a producer process and a whole daemon. The books are exact to the record and
 * the content to the bit, in every layout, at every level, and with overridden dimensions.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class EndToEndTest {
  private static TestDaemon daemon;

  @BeforeAll
  static void startDaemon() {
    daemon = TestDaemon.start();
  }

  @AfterAll
  static void stopDaemon() {
    daemon.close();
  }

  @AfterEach
  void shouldHaveNothingToComplainAbout() {
    assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
  }

  private static SessionView runExactly(String name, String... arguments) throws Exception {
    TestProducer.Report device = daemon.run(name, arguments);
    SessionView session = daemon.session(name);
    Law.assertExact(session, device);
    return session;
  }

  private static Stream<Arguments> layoutsAndLevels() {
    return Layout.ids().stream()
        .flatMap(
            layout -> IntStream.rangeClosed(1, 4).mapToObj(level -> Arguments.of(layout, level)));
  }

  /** Every layout collects exactly the kinds of the level. */
  @ParameterizedTest
  @MethodSource("layoutsAndLevels")
  void shouldAccountForEveryRecordOfEveryKind(String layout, int level) throws Exception {
    SessionView session =
        runExactly(
            "level " + level + " of " + layout,
            "--layout",
            layout,
            "--level",
            Integer.toString(level),
            "--rate",
            "60000000",
            "--duration-ns",
            "150000000");
    assertEquals(layout, session.json().get("layout"));
    for (BufferKind kind : BufferKind.TIMED) {
      boolean isExpected = level >= kind.minimumLevel();
      assertEquals(isExpected, session.kind(kind.label()).collected() > 0, kind.label());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "l2-2026.06/a2a3, --slots 8",
    "l2-2026.07/a5, --slots 2",
    "chip-2026.08/a5, --slots 16",
    "l2-2026.06/a5, '--records 100,64,32,128'",
    "l2-2026.07/a2a3, '--records 333,777,555,2048'",
    "chip-2026.08/a2a3, '--records 1,1,1,2'",
    "l2-2026.06/a2a3, --ready-queue-entries 300",
    "chip-2026.08/a2a3, --ready-queue-entries 4096",
    "l2-2026.07/a2a3, '--buffers 5,3,4,6'",
    "chip-2026.09/a2a3, --slots 8",
    "chip-2026.09/a5, '--records 100,64,32,128 --ready-queue-entries 4096'",
    "chip-2026.09/a2a3, '--runtime host_build_graph'",
    "chip-2026.08/a5, '--slots 8 --records 64,64,64,64 --buffers 12,10,11,9'",
  })
  void shouldServeARuntimeThatWasBuiltWithOtherNumbers(String layout, String overrides)
      throws Exception {
    String[] arguments =
        ("--layout " + layout + " --rate 20000000 --duration-ns 150000000 " + overrides).split(" ");
    runExactly("other " + overrides.hashCode(), arguments);
  }

  private static Stream<Arguments> layoutsAndSizes() {
    return Layout.all().stream()
        .flatMap(
            layout ->
                Stream.of(
                    Arguments.of(layout.id(), 1, 1),
                    Arguments.of(layout.id(), 24, 3),
                    Arguments.of(layout.id(), layout.platform().maxCores(), 3)));
  }

  @ParameterizedTest
  @MethodSource("layoutsAndSizes")
  void shouldServeAnyNumberOfCores(String layout, int cores, int threads) throws Exception {
    runExactly(
        cores + " cores of " + layout,
        "--layout",
        layout,
        "--cores",
        Integer.toString(cores),
        "--aicpu-threads",
        Integer.toString(threads),
        "--rate",
        "60000000",
        "--duration-ns",
        "150000000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"l2-2026.06/a2a3", "l2-2026.07/a2a3", "chip-2026.08/a2a3", "chip-2026.09/a2a3"})
  void shouldKeepExactBooksWhenTheDeviceOutrunsTheHost(String layout) throws Exception {
    TestProducer.Report device =
        daemon.run(layout, "--layout", layout, "--duration-ns", "200000000");
    SessionView session = daemon.session(layout);
    Law.assertExact(session, device);
    if (layout.startsWith("chip")) {
      assertEquals(0, session.total().dropped(), "this generation waits rather than lose");
    }
  }

  @Test
  void shouldAbsorbBursts() throws Exception {
    runExactly(
        "bursts",
        "--rate",
        "200000000",
        "--pattern",
        "burst",
        "--burst-on-ns",
        "10000000",
        "--burst-off-ns",
        "40000000",
        "--duration-ns",
        "300000000");
  }

  @Test
  void shouldFindTheAicoreRecordsThatNoCounterOfTheDeviceShows() throws Exception {
    // These two generations lose the last record of a core whose tasks fill its buffers exactly.
    for (String layout : List.of("l2-2026.06/a2a3", "l2-2026.07/a2a3")) {
      SessionView session =
          runExactly(
              "inferred " + layout,
              "--layout",
              layout,
              "--cores",
              "4",
              "--aicpu-threads",
              "2",
              "--tasks",
              Integer.toString(4 * 2 * 1024),
              "--rate",
              "10000000");
      assertEquals(4, session.kind("aicore_task").dropped("inferred"), session::toString);
    }
  }

  @Test
  void shouldServeTheExampleProgram() throws Exception {
    runExample(
        "attach_example",
        NativeTools.find("sluice-example").toString(),
        daemon.attachSocket().toString());
  }

  /** Test harnesses of runtimes are scripts, so the library must be usable without a header. */
  @Test
  void shouldServeTheExampleInPython() throws Exception {
    Assumptions.assumeTrue(hasPython(), "no python3 on this machine");
    Path example = Path.of("../native-bridge/src/example/python/attach_example.py");
    runExample(
        "attach_example.py",
        "python3",
        example.toString(),
        NativeTools.find("libsluice_attach.so").toString(),
        daemon.attachSocket().toString());
    try (Stream<String> lines = Files.lines(example)) {
      assertTrue(lines.count() < 40, "the guide promises under 40 lines");
    }
  }

  @Test
  void shouldTellAScriptWhatIsWrong() throws Exception {
    Assumptions.assumeTrue(hasPython(), "no python3 on this machine");
    Process example =
        new ProcessBuilder(
                "python3",
                "../native-bridge/src/example/python/attach_example.py",
                NativeTools.find("libsluice_attach.so").toString(),
                "/tmp/nobody-listens-here.sock")
            .redirectErrorStream(true)
            .start();
    String output = new String(example.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(example.waitFor(10, TimeUnit.SECONDS), "the example ended");
    assertEquals(1, example.exitValue());
    assertTrue(
        output.startsWith("attach_example.py: no daemon at /tmp/nobody-listens-here.sock"), output);
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "-c", "import ctypes").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static void runExample(String name, String... command) throws Exception {
    Process example = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(example.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(example.waitFor(10, TimeUnit.SECONDS), "the example ended");
    assertEquals(0, example.exitValue(), output);
    SessionView session = daemon.session(name);
    assertEquals("ended (detached)", session.state());
    Law.assertBalanced(session);
    for (int kind = 0; kind < Labels.KINDS.size(); kind++) {
      String line = "kind " + kind + ": produced 0, collected 0, dropped 0, unaccounted 0";
      assertTrue(output.contains(line), output);
    }
  }
}
