package dev.sluice.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the calling thread allocates on the heap. */
public final class Allocations {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int RUNS = 5;

  private Allocations() {}

  /**
   * Bytes that the calling thread allocates each time it runs this: the least of several runs. Code
   * that allocates does so in every run; what the JVM allocates once on a thread's behalf (it was
   * seen to take 64 bytes, when compiled code was replaced) does not come again.
   */
  public static long bytesOf(Runnable work) {
    // The first query allocates for itself.
    THREADS.getCurrentThreadAllocatedBytes();
    long least = Long.MAX_VALUE;
    for (int run = 0; run < RUNS && least > 0; run++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      work.run();
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
