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
 * Commands of one session, run one at a time in the order of submission. The thread that runs them
 * owns the session, so state that only commands touch needs no lock. Each owner sees the writes of
 * the previous one.
 *
 * <p>The lock guards the queue only and is not held while a command runs. Any thread.
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

    /** Turns every failure into the result: the thread has other sessions to serve. */
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

  /** Queues the work for a worker thread. Never waits. */
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

  /** Passes ownership from the caller to a worker. */
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
   * Runs the work on the calling thread if the session has no owner; returns whether it did.
   * Commands submitted in the meantime go to the workers.
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

  /** Whether a thread is running commands. */
  synchronized boolean isOwned() {
    return isOwned;
  }

  /**
   * Gives up an owner that hangs: fails all pending commands and rejects later ones. Does not stop
   * the owner, which may still finish its command.
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
