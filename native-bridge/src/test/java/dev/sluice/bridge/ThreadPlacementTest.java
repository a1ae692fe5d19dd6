package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ThreadPlacementTest {
  private static final int NICE_FIELD = 16;
  private static final int POLICY_FIELD = 38;

  /** Runs on a new thread, because these calls change the thread for the rest of its life. */
  private static <T> T onNewThread(Callable<T> work) throws Exception {
    FutureTask<T> task = new FutureTask<>(work);
    new Thread(task, "placement-test").start();
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static String status(String key) throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith(key + ":"))
        .map(line -> line.substring(key.length() + 1).trim())
        .findFirst()
        .orElseThrow();
  }

  private static int firstAllowedCpu() throws IOException {
    return Integer.parseInt(status("Cpus_allowed_list").replaceFirst("[-,].*", ""));
  }

  @Test
  void shouldPinTheCallingThreadOnly() throws Exception {
    String before = status("Cpus_allowed_list");
    int cpu = firstAllowedCpu();
    String pinned =
        onNewThread(
            () -> {
              ThreadPlacement.pinTo(List.of(cpu));
              return status("Cpus_allowed_list");
            });
    assertEquals(Integer.toString(cpu), pinned);
    assertEquals(before, status("Cpus_allowed_list"));
  }

  @Test
  void shouldRefuseProcessorsThatAreNotThere() {
    for (int cpu : new int[] {-1, 1_024, Integer.MAX_VALUE}) {
      String message =
          assertThrows(IOException.class, () -> ThreadPlacement.pinTo(List.of(cpu))).getMessage();
      assertEquals("sched_setaffinity: no processor " + cpu, message);
    }
    String message =
        assertThrows(IOException.class, () -> onNewThread(() -> pin(1_023))).getMessage();
    assertTrue(message.contains("sched_setaffinity: processors [1023]"), message);
  }

  private static Void pin(int cpu) throws IOException {
    ThreadPlacement.pinTo(List.of(cpu));
    return null;
  }

  @Test
  void shouldBeNiceOnTheCallingThreadOnly() throws Exception {
    int before = nice();
    int lowered =
        onNewThread(
            () -> {
              ThreadPlacement.nice(before + 1);
              return nice();
            });
    assertEquals(before + 1, lowered);
    assertEquals(before, nice());
  }

  /** Succeeds as root and is refused in one line otherwise; both are correct. */
  @Test
  void shouldEnterTheRealTimeClassOrSayWhyNot() throws Exception {
    String outcome =
        onNewThread(
            () -> {
              try {
                ThreadPlacement.realtime();
                return policy();
              } catch (IOException e) {
                return e.getMessage();
              }
            });
    assertTrue(
        outcome.equals("2")
            || outcome.equals("sched_setscheduler: real-time priority 1: not permitted (EPERM)"),
        outcome);
    assertEquals("0", policy());
  }

  private static String policy() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[POLICY_FIELD];
  }

  private static int nice() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    // Fields are counted after the name, which may contain anything.
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[NICE_FIELD]);
  }
}
