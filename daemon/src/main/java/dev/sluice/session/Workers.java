package dev.sluice.session;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of the slow work on sessions: reserving memory, settling, giving memory back. Work
 * never waits for other work: there is a thread for whatever is under way, so one that hangs holds
 * up what it does itself and nothing else. Two are there from the start, for a host that has no
 * more.
 */
class Workers implements Executor, AutoCloseable {
  private static final int ALWAYS = 2;
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor pool;

  Workers(ThreadFactory threads) {
    pool =
        new ThreadPoolExecutor(
            ALWAYS,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            threads);
    pool.prestartAllCoreThreads();
  }

  /** Threads that may be left hanging when the process ends. */
  static ThreadFactory threads() {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "sluice-session-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Runs the work on a thread of its own. Never waits.
   *
   * @throws RefusedException if the host has no thread for it, or the daemon has stopped; then
   *     nothing was done
   */
  @Override
  public void execute(Runnable work) {
    try {
      pool.execute(work);
    } catch (Throwable e) {
      // Of a thread that cannot be made the JVM says OutOfMemoryError.
      throw pool.isShutdown()
          ? new RefusedException(RefusedException.Reason.STOPPING, "the daemon is stopping")
          : new RefusedException(
              RefusedException.Reason.BUSY, "the host has no thread for it: " + e.getMessage());
    }
  }

  /** Takes no more work; what is under way goes on. Idempotent. */
  @Override
  public void close() {
    pool.shutdown();
  }
}
