package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SluiceCommandTest {
  private final StopSignal stopSignal = new StopSignal();
  private final FakeDaemon daemon = new FakeDaemon();
  private final Console console =
      new Console(
          new DemoCommand(daemon, stopSignal),
          new DaemonCommand(daemon, stopSignal),
          new ProduceCommand(stopSignal),
          new StatusCommand(stopSignal));

  @ParameterizedTest
  @ValueSource(strings = {"demo", "daemon", "produce", "status"})
  void shouldExplainEachCommandWithAnExample(String command) {
    assertEquals(ExitCode.FINE, console.run(command, "--help"));
    assertTrue(console.out().contains("Example"), console.out());
    assertTrue(console.out().contains(" sluice " + command), console.out());
  }

  @Test
  void shouldPrintTheVersion() {
    assertEquals(ExitCode.FINE, console.run("--version"));
    assertEquals("sluice 1.2.3 (revision abc, Java 17)", console.out().strip());
  }

  /** A full disk or a closed pipe. */
  @Test
  void shouldFailWhenTheResultCannotBeWritten() {
    StringWriter err = new StringWriter();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int one) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    for (String[] words : new String[][] {{"--version"}, {"status", "--help"}}) {
      int exitCode =
          SluiceCommand.commandLine("1", List.of(new StatusCommand(stopSignal)))
              .setOut(new PrintWriter(full, false, StandardCharsets.UTF_8))
              .setErr(new PrintWriter(err, true))
              .execute(words);
      assertEquals(ExitCode.FAILED, exitCode);
    }
    assertTrue(
        err.toString().startsWith("sluice: cannot write to standard output\n"), () -> "" + err);
  }

  @Test
  void shouldSuggestTheNearestOption() {
    assertEquals(ExitCode.USAGE, console.run("demo", "--durations", "3s"));
    assertTrue(console.err().contains("--duration"), console.err());
    assertTrue(console.err().contains("Try 'sluice demo --help'"), console.err());
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldSuggestTheNearestCommand() {
    assertEquals(ExitCode.USAGE, console.run("stats"));
    assertTrue(console.err().contains("did you mean status?"), console.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "demo --rte 1GB/s|unknown option --rte, did you mean --rate?",
        "dmeo|unknown command 'dmeo', did you mean demo?",
        "demo --set foo|--set: write KEY=VALUE, not 'foo'",
        "demo --tasks abc|--tasks: 'abc' is not a whole number",
        "demo --rate 0|--rate: '0' is not a rate: it must be at least 1B/s",
        "demo extra|unexpected argument 'extra'",
        "demo --cores 100000|--cores: 100000 is too large; the maximum is 108",
        "demo --cpus 4000|--cpus: this host has no CPU 4000",
        "demo --misbehave stal|--misbehave: unknown fault 'stal', did you mean stall?",
        "daemon --check-config --set sluice.foo=1|--set: unknown key sluice.foo"
      })
  void shouldSayInOneLineWhatIsWrong(String arguments, String expected) {
    assertEquals(ExitCode.USAGE, console.run(arguments.split(" ", -1)));
    assertTrue(console.err().startsWith("sluice: " + expected), console.err());
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldHaveAHelpCommand() {
    assertEquals(ExitCode.FINE, console.run("help", "demo"));
    assertTrue(console.out().contains("Example: sluice demo"), console.out());
  }

  @Test
  void shouldKnowTheFaultsOfTheProducer() throws IOException {
    String source = Files.readString(Path.of("../native-bridge/src/main/c/producer/faults.c"));
    List<String> names = new ArrayList<>();
    Matcher name = Pattern.compile("\\[FAULT_\\w+\\] = \\{\"([a-z-]+)\"").matcher(source);
    while (name.find()) {
      names.add(name.group(1));
    }
    assertEquals(names, ProducerOptions.FAULTS);
  }

  @Test
  void shouldAskForACommand() {
    assertEquals(ExitCode.USAGE, console.run());
    assertTrue(console.err().startsWith("sluice: which command?"), console.err());
  }

  @ParameterizedTest
  @CsvSource({
    "--rate, 5",
    "--rate, fast",
    "--duration, 10",
    "--layout, l2-2026.05/a2a3",
    "--cores, 0",
    "--aicpu-threads, 0",
    "--level, 5",
    "--pattern, burst",
    "--records, 1000",
    "--buffers, '1,2,3,x'",
    "--cpus, first",
    "--device, -1"
  })
  void shouldRefuseWhatCannotBeRightBeforeStartingAnything(String option, String value) {
    assertEquals(ExitCode.USAGE, console.run("demo", option + "=" + value));
    assertTrue(console.err().contains(option), console.err());
    assertEquals(2, console.err().strip().lines().count(), console.err());
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldPrintTheConfigurationThatWouldBeInForce() {
    assertEquals(
        ExitCode.FINE, console.run("daemon", "--print-config", "--set", "sluice.threading=inline"));
    assertTrue(console.out().contains("sluice.threading = inline"), console.out());
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldRefuseAWrongConfigurationInOneLine() {
    assertEquals(ExitCode.USAGE, console.run("daemon", "--check-config", "--set", "sluice.x=1"));
    assertEquals(1, console.err().strip().lines().count(), console.err());
    assertTrue(console.err().contains("sluice.x"), console.err());
  }

  @Test
  void shouldStopTheDaemonInOrderOnASignal() {
    stopSignal.request();
    assertEquals(ExitCode.FINE, console.run("daemon"));
    assertEquals(1, daemon.closes);
  }
}
