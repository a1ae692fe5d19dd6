package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class ProcessFiguresTest {
  @Test
  void shouldSeeTheProcessorTimeOfThisThread() {
    double before = ProcessFigures.ofThisProcess().cpuSecondsOfLiveThreads();
    burn(50_000_000);
    double used = ProcessFigures.ofThisProcess().cpuSecondsOfLiveThreads() - before;
    assertTrue(used >= 0.045, used + " s");
  }

  @Test
  void shouldCountThreadsThatHaveEnded() throws InterruptedException {
    double before = ProcessFigures.ofThisProcess().cpuSeconds();
    Thread thread = new Thread(() -> burn(150_000_000), "burns and ends");
    thread.start();
    thread.join();
    double used = ProcessFigures.ofThisProcess().cpuSeconds() - before;
    assertTrue(used >= 0.125, used + " s");
  }

  private static void burn(long nanos) {
    long before = threadNs();
    while (threadNs() - before < nanos) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldReadFaultsAndMemoryOfAnyProcess() {
    ProcessFigures figures = ProcessFigures.of(ProcessHandle.current().pid());
    assertTrue(figures.minorFaults() > 1_000);
    assertTrue(figures.resident().privateBytes() > 10_000_000);
    assertEquals(
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        ProcessFigures.load(),
        5.0);
  }

  private static long threadNs() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
