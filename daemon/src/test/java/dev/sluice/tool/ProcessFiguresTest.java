package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class ProcessFiguresTest {
  @Test
  void shouldSeeTheProcessorTimeOfThisThread() {
    double before = ProcessFigures.ofThisProcess().cpuSeconds();
    long threadBefore = threadNs();
    long work = 0;
    while (threadNs() - threadBefore < 50_000_000) {
      work++;
    }
    double used = ProcessFigures.ofThisProcess().cpuSeconds() - before;
    assertTrue(used >= 0.045, used + " s after " + work);
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
