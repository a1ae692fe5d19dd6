package dev.sluice.session;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for slow work on sessions: reserving memory, settling, releasing memory. Every task gets
 * a thread at once, so a task that hangs delays no other. Two threads are started up front, in case
 * the host runs out of threads.
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

  /** Creates daemon threads: hung ones do not keep the process alive. */
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
   * @throws RefusedException if the host has no thread for it or the daemon has stopped; nothing
   *     was done then
   */
  @Override
  public void execute(Runnable work) {
    try {
      pool.execute(work);
    } catch (Throwable e) {
      // The JVM throws OutOfMemoryError when it cannot create a thread.
      throw pool.isShutdown()
          ? new RefusedException(RefusedException.Reason.STOPPING, "the daemon is stopping")
          : new RefusedException(
              RefusedException.Reason.BUSY, "cannot create a thread: " + e.getMessage());
    }
  }

  /** Rejects new work; work under way continues. Idempotent. */
  @Override
  public void close() {
    pool.shutdown();
  }
}
