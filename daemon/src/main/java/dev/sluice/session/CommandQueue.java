package dev.sluice.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is asked of one session, done one after the other in the order of the asking. The thread
 * that does it owns the session meanwhile: what only commands touch needs no lock. Each owner sees
 * what the one before it did.
 *
 * <p>The lock guards the list and is not held while a command runs. Any thread.
 */
final class CommandQueue {
  private static final Logger log = LoggerFactory.getLogger(CommandQueue.class);

  private final Executor workers;
  private final Deque<Command<?>> waiting = new ArrayDeque<>();
  private Command<?> current;
  private boolean isOwned;
  private RefusedException abandonedFor;

  private static final class Command<T> {
    private final Callable<T> work;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Command(Callable<T> work) {
      this.work = work;
    }

    /** Whatever goes wrong is the result: the thread has other sessions to serve. */
    void run() {
      try {
        result.complete(work.call());
      } catch (RefusedException e) {
        result.completeExceptionally(e);
      } catch (Throwable e) {
        log.error("session request failed: internal error", e);
        result.completeExceptionally(e);
      }
    }
  }

  CommandQueue(Executor workers) {
    this.workers = workers;
  }

  /** Does the work when its turn comes, on a thread of the workers. Never waits. */
  <T> CompletionStage<T> submit(Callable<T> work) {
    Command<T> command = new Command<>(work);
    synchronized (this) {
      if (abandonedFor != null) {
        command.result.completeExceptionally(abandonedFor);
        return command.result;
      }
      waiting.add(command);
      if (isOwned) {
        return command.result;
      }
      isOwned = true;
    }
    handOver();
    return command.result;
  }

  /** Finds a thread for what waits; this caller has the ownership and gives it away. */
  private void handOver() {
    try {
      workers.execute(this::drain);
    } catch (RefusedException e) {
      List<Command<?>> refused;
      synchronized (this) {
        refused = new ArrayList<>(waiting);
        waiting.clear();
        isOwned = false;
      }
      refused.forEach(command -> command.result.completeExceptionally(e));
    }
  }

  private void drain() {
    while (true) {
      Command<?> next;
      synchronized (this) {
        next = abandonedFor == null ? waiting.poll() : null;
        current = next;
        if (next == null) {
          isOwned = false;
          return;
        }
      }
      next.run();
    }
  }

  /**
   * Does the work on this thread if the session has no owner now, and returns whether it did. What
   * is asked meanwhile goes to the workers.
   */
  boolean runIfIdle(Runnable work) {
    synchronized (this) {
      if (isOwned || abandonedFor != null) {
        return false;
      }
      isOwned = true;
    }
    try {
      work.run();
    } finally {
      boolean isMore;
      synchronized (this) {
        isMore = !waiting.isEmpty() && abandonedFor == null;
        isOwned = isMore;
      }
      if (isMore) {
        handOver();
      }
    }
    return true;
  }

  /** Whether a thread is inside of a command. */
  synchronized boolean isOwned() {
    return isOwned;
  }

  /**
   * The owner does not come back: all who wait for it are told, and no command is done any more.
   * What the owner still does if it comes back is its own business.
   */
  void abandon(RefusedException reason) {
    List<Command<?>> left;
    synchronized (this) {
      if (abandonedFor != null) {
        return;
      }
      abandonedFor = reason;
      left = new ArrayList<>(waiting);
      waiting.clear();
      if (current != null) {
        left.add(current);
      }
    }
    left.forEach(command -> command.result.completeExceptionally(reason));
  }
}
