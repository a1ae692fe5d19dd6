package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StopSignalTest {
  @Test
  void shouldEndInOrderOnSigtermWithTheCommandsOwnExitCode()
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      assertEquals("waiting", output.readLine());
      process.toHandle().destroy();
      assertEquals("settled", output.readLine());
      assertEquals(ExitCode.RECORDS_LOST, process.waitFor());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void shouldRunAnActionThatComesAfterTheSignal() {
    StopSignal stopSignal = new StopSignal();
    AtomicInteger runs = new AtomicInteger();
    stopSignal.request();
    stopSignal.onRequest(runs::incrementAndGet);
    assertEquals(1, runs.get());
    assertTrue(stopSignal.isRequested());
  }

  /** Same structure as main, with a command that takes a moment to end. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws ToolException {
      StopSignal stopSignal = new StopSignal();
      stopSignal.install();
      System.out.println("waiting");
      stopSignal.await();
      System.out.println("settled");
      stopSignal.finished(ExitCode.RECORDS_LOST);
      System.exit(ExitCode.RECORDS_LOST);
    }
  }
}
