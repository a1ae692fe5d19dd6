package dev.sluice.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the calling thread allocates on the heap. */
public final class Allocations {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocations() {}

  /**
   * The least that the calling thread allocated in one of several runs. The JVM charges a thread
   * for what it links and recompiles, now and then; code that allocates does so every time.
   */
  public static long leastBytesOf(Runnable work) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 6; i++) {
      least = Math.min(least, bytesOf(work));
    }
    return least;
  }

  /** Bytes that the calling thread allocated while it ran this. */
  public static long bytesOf(Runnable work) {
    // The first query allocates for itself.
    THREADS.getCurrentThreadAllocatedBytes();
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
