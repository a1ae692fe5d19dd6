package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice supervise} with a Java program or shells as its command. */
@Timeout(60)
class SuperviseTest {
  @TempDir Path folder;

  /** Runs three times: keeps memory and is killed, adds to it, drops it. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      Map<String, String> environment = System.getenv();
      List<DescriptorStore.Kept> kept =
          DescriptorStore.received(environment, ProcessHandle.current().pid());
      DescriptorStore store = DescriptorStore.of(environment).orElseThrow();
      if (kept.isEmpty()) {
        SharedRegion region =
            SharedRegion.create("kept", 4096, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
        region.buffer().putInt(0, 1);
        store.keep("other", region.fd());
        store.keep("memory-1", region.fd());
        store.forget("other");
        new ProcessBuilder("kill", "-9", Long.toString(ProcessHandle.current().pid())).start();
        Thread.currentThread().join();
      }
      SharedRegion region = SharedRegion.adopt(kept.get(0).fd());
      int lives = region.buffer().getInt(0) + 1;
      region.buffer().putInt(0, lives);
      System.out.println("life " + lives + " " + kept);
      System.out.flush();
      if (lives == 2) {
        System.exit(1);
      }
      store.forget("memory-1");
      System.exit(2);
    }
  }

  private Process supervise(Map<String, String> environment, String... command) throws IOException {
    List<String> all = new ArrayList<>();
    all.add(NativeTools.find("sluice-supervise").toString());
    all.add("--");
    all.addAll(List.of(command));
    ProcessBuilder builder =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private String output() throws IOException {
    return Files.readString(folder.resolve("output"), StandardCharsets.UTF_8);
  }

  private int end(Process process) throws Exception {
    assertTrue(process.waitFor(30, TimeUnit.SECONDS), output());
    return process.exitValue();
  }

  private static void send(String signal, Process process) throws Exception {
    assertEquals(
        0,
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor());
  }

  private void await(String text) throws Exception {
    await(text, 1);
  }

  /** Waits until this many lines contain the text, up to the test's timeout. */
  private void await(String text, int lines) throws Exception {
    while (output().lines().filter(line -> line.contains(text)).count() < lines) {
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Test
  void shouldKeepMemoryOverAKillAndAFailure() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        supervise(
            Map.of(), java, "-cp", System.getProperty("java.class.path"), Child.class.getName());
    assertEquals(2, end(process));
    assertTrue(output().contains("ended with signal 9"), output());
    assertTrue(output().contains("life 2 [Kept[name=memory-1, fd=3]]"), output());
    assertTrue(output().contains("life 3 [Kept[name=memory-1, fd=3]]"), output());
  }

  @Test
  void shouldGiveUpOnACommandThatRefusesItsConfiguration() throws Exception {
    assertEquals(2, end(supervise(Map.of(), "/bin/sh", "-c", "exit 2")));
    assertEquals(2, end(supervise(Map.of(), "/nothing")));
  }

  @Test
  void shouldForwardASignalAndStopWithTheCommand() throws Exception {
    Process process =
        supervise(
            Map.of(),
            "/bin/sh",
            "-c",
            "trap 'echo hup' HUP; trap 'echo term; exit 0' TERM; echo up; while :; do sleep 0.01;"
                + " done");
    await("up");
    send("HUP", process);
    await("hup");
    send("INT", process);
    assertEquals(0, end(process));
    assertTrue(output().contains("term"), output());
  }

  @Test
  void shouldEndTheCommandInOrderWhenItDiesFirst() throws Exception {
    Process process =
        supervise(
            Map.of(),
            "/bin/sh",
            "-c",
            "trap 'echo term; exit 0' TERM; echo up; while :; do sleep 0.01; done");
    await("up");
    process.destroyForcibly();
    await("term");
  }

  @Test
  void shouldStartTheCommandAgainAtOnceWhenAskedTo() throws Exception {
    Process process =
        supervise(
            Map.of(),
            "/bin/sh",
            "-c",
            "trap 'exit 3' USR1; echo up $$; while :; do sleep 0.01; done");
    await("up");
    send("USR1", process);
    await("restarting in 0 ms");
    await("up ", 2);
    send("TERM", process);
    assertEquals(0, end(process));
  }

  @Test
  void shouldTakeNoMessageOfAnotherWatchdog() throws Exception {
    Process process =
        supervise(
            Map.of("WATCHDOG_USEC", "1000000", "WATCHDOG_PID", "1", "LISTEN_FDS", "7"),
            "/bin/sh",
            "-c",
            "[ $WATCHDOG_PID = $$ ] && [ -z \"$LISTEN_FDS\" ] && echo right; exit 2");
    assertEquals(2, end(process));
    assertTrue(output().contains("right"), output());
  }
}
