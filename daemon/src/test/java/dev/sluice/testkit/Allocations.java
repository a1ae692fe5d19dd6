package dev.sluice.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures heap allocation of the calling thread. */
public final class Allocations {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocations() {}

  /**
   * Returns the minimum that the calling thread allocated over several runs. The JVM occasionally
   * charges a thread for linking and recompilation; code that allocates does so in every run.
   */
  public static long leastBytesOf(Runnable work) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 6; i++) {
      least = Math.min(least, bytesOf(work));
    }
    return least;
  }

  /** Returns the bytes that the calling thread allocated while running the work. */
  public static long bytesOf(Runnable work) {
    // The first query allocates, too.
    THREADS.getCurrentThreadAllocatedBytes();
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
