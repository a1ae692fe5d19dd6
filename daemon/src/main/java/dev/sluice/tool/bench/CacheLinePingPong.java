package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long a cache line takes to another core and back: the unit of every handover between device
 * and daemon. Differs by a factor of two between machines, and on a shared one between minutes.
 */
final class CacheLinePingPong {
  private static final int ROUNDS_PER_BATCH = 20;
  private static final int LEAST_BATCHES = 5;
  private static final int MOST_BATCHES = 5_000;
  private static final long ENOUGH_NS = 50_000_000L;

  private CacheLinePingPong() {}

  /**
   * Nanoseconds for one round trip: the median over batches. When both threads share one CPU, the
   * time is that of the scheduler, and very large.
   */
  static double measureNs() throws ToolException {
    AtomicLong ball = new AtomicLong();
    Thread opponent = new Thread(() -> answer(ball), "ping-pong");
    opponent.setDaemon(true);
    opponent.start();
    double[] batches = new double[MOST_BATCHES];
    int measured = 0;
    long next = 1;
    long beginNs = System.nanoTime();
    while (measured < LEAST_BATCHES
        || (measured < MOST_BATCHES && System.nanoTime() - beginNs < ENOUGH_NS)) {
      long startNs = System.nanoTime();
      for (int round = 0; round < ROUNDS_PER_BATCH; round++, next += 2) {
        ball.setRelease(next);
        while (ball.getAcquire() != next + 1) {
          Thread.onSpinWait();
        }
      }
      batches[measured++] = (double) (System.nanoTime() - startNs) / ROUNDS_PER_BATCH;
    }
    ball.setRelease(-1);
    try {
      opponent.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while measuring the machine", e);
    }
    return Medians.of(Arrays.copyOf(batches, measured));
  }

  private static void answer(AtomicLong ball) {
    long expected = 1;
    while (true) {
      long seen = ball.getAcquire();
      if (seen < 0) {
        return;
      }
      if (seen == expected) {
        ball.setRelease(expected + 1);
        expected += 2;
      } else {
        Thread.onSpinWait();
      }
    }
  }
}
