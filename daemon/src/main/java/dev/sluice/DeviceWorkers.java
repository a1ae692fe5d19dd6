package dev.sluice;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of the slow work on sessions: reserving memory, settling books, giving memory back.
 * Each device has its own few, so that one whose calls hang holds up nobody but itself.
 *
 * <p>Any thread may hand work over; the lock guards which groups there are, and is not held while
 * anything runs. What goes wrong completes the stage: a refusal as it is, all else after a line in
 * the log.
 */
final class DeviceWorkers implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DeviceWorkers.class);

  /** Of one device at once: a session that settles must not keep the next one from attaching. */
  private static final int PER_DEVICE = 2;

  // Numbers come from clients; more devices than a host ever had share what there is.
  private static final int GROUPS = 64;
  private static final long IDLE_SECONDS = 10;
  private static final long STOP_SECONDS = 10;

  private final ThreadPoolExecutor[] groups = new ThreadPoolExecutor[GROUPS];
  private final AtomicInteger threadNumber = new AtomicInteger();
  private final Set<Object> underWay = ConcurrentHashMap.newKeySet();
  private boolean isStopped;

  /** Runs the work on a thread of this device. Never blocks; a refusal completes the stage. */
  <T> CompletionStage<T> later(int device, Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      group(device).execute(() -> complete(result, work));
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new AttachRefusedException(AttachStatus.STOPPING, "the daemon is stopping"));
    }
    return result;
  }

  /**
   * As {@link #later}, unless such work on the same subject waits or is under way already: for
   * whoever comes round and finds the same thing to do each time. Never blocks.
   */
  void once(int device, Object subject, Runnable work) {
    if (!underWay.add(subject)) {
      return;
    }
    later(
        device,
        () -> {
          try {
            work.run();
          } finally {
            underWay.remove(subject);
          }
          return subject;
        });
  }

  private synchronized ThreadPoolExecutor group(int device) {
    if (isStopped) {
      throw new RejectedExecutionException();
    }
    int at = Math.floorMod(device, GROUPS);
    if (groups[at] == null) {
      groups[at] =
          new ThreadPoolExecutor(
              PER_DEVICE,
              PER_DEVICE,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              this::newThread);
      groups[at].allowCoreThreadTimeOut(true);
    }
    return groups[at];
  }

  private Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "sluice-session-" + threadNumber.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  private static <T> void complete(CompletableFuture<T> result, Callable<T> work) {
    try {
      result.complete(work.call());
    } catch (AttachRefusedException e) {
      result.completeExceptionally(e);
    } catch (Exception | AssertionError e) {
      log.error("a session request failed", e);
      result.completeExceptionally(e);
    }
  }

  /** Takes no more work, and waits a while for what is under way. Idempotent. */
  @Override
  public void close() {
    List<ThreadPoolExecutor> running = new ArrayList<>();
    synchronized (this) {
      isStopped = true;
      for (ThreadPoolExecutor group : groups) {
        if (group != null) {
          group.shutdown();
          running.add(group);
        }
      }
    }
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_SECONDS);
    boolean isDone = true;
    try {
      for (ThreadPoolExecutor group : running) {
        isDone &= group.awaitTermination(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!isDone) {
      log.warn("session requests are still under way; stopping all the same");
    }
  }
}
