package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProduceCommandTest {
  @TempDir private Path folder;

  private final Console console = new Console(new ProduceCommand(new StopSignal()));

  @Test
  void shouldPassPlainNumbers() throws IOException {
    try (FakeProducer producer = new FakeProducer(folder, "exit 0\n")) {
      assertEquals(
          ExitCode.FINE,
          console.run(
              "produce",
              "--socket=/run/x.sock",
              "--rate=500MB/s",
              "--duration=1m",
              "--layout=l2-2026.07/a5",
              "--buffers=8,0,0,4",
              "--guard=2s",
              "--content=regular",
              "--name=n",
              "--json"));
      List<String> arguments = producer.arguments();
      assertOption(arguments, "--socket", "/run/x.sock");
      assertOption(arguments, "--rate", "500000000");
      assertOption(arguments, "--duration-ns", "60000000000");
      assertOption(arguments, "--layout", "l2-2026.07/a5");
      assertOption(arguments, "--buffers", "8,0,0,4");
      assertOption(arguments, "--guard-ms", "2000");
      assertOption(arguments, "--content", "regular");
      assertOption(arguments, "--name", "n");
      assertOption(arguments, "--cores", "24");
      assertTrue(arguments.contains("--json"));
    }
  }

  @Test
  void shouldTakeTheSocketOfTheConfiguration() throws IOException {
    try (FakeProducer producer = new FakeProducer(folder, "exit 0\n")) {
      assertEquals(ExitCode.FINE, console.run("produce"), console.err());
      assertOption(producer.arguments(), "--socket", "/run/sluice/attach.sock");
    }
  }

  @Test
  void shouldWriteUnthrottledAsZero() throws IOException {
    try (FakeProducer producer = new FakeProducer(folder, "exit 0\n")) {
      console.run("produce", "--rate=max", "--socket=/x");
      assertOption(producer.arguments(), "--rate", "0");
      assertOption(producer.arguments(), "--content", "jittered");
    }
  }

  @Test
  void shouldRefuseContentThatDoesNotExist() {
    assertEquals(ExitCode.USAGE, console.run("produce", "--content=odd", "--socket=/x"));
    assertTrue(console.err().contains("write jittered or regular"), console.err());
  }

  @Test
  void shouldReturnTheProducersExitCode() throws IOException {
    try (FakeProducer ignored = new FakeProducer(folder, "exit 1\n")) {
      assertEquals(ExitCode.FAILED, console.run("produce", "--socket=/x"));
    }
  }

  private static void assertOption(List<String> arguments, String option, String value) {
    assertTrue(arguments.contains(option), option + " in " + arguments);
    assertEquals(value, arguments.get(arguments.indexOf(option) + 1), option);
  }
}
