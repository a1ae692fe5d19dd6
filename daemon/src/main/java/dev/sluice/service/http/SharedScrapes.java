package dev.sluice.service.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One answer for all who ask for the same while it has not been begun, and a pause between two
 * beginnings. So a thousand scrapers cost as much as one that scrapes often, and nobody gets a
 * figure that is older than the request: who comes while an answer is made waits for the next one.
 *
 * <p>Any thread asks; answers are made on the thread of the executor, one at a time.
 */
final class SharedScrapes {
  private final ScheduledExecutorService thread;
  private final LongSupplier nanoTime;
  private final long pauseNanos;
  private final int mostWaiting;

  // Guarded by this.
  private final Map<Form, CompletableFuture<Answer>> waiting = new HashMap<>();
  private long nextStartNs;
  private boolean hasStarted;

  /** What decides about the bytes of an answer, as it came. */
  record Form(List<String> accept, List<String> encodings, String queryString) {
    Form {
      accept = List.copyOf(accept);
      encodings = List.copyOf(encodings);
    }

    static Form of(Request request) {
      return new Form(
          request.headers().getAll("accept"),
          request.headers().getAll("accept-encoding"),
          request.queryString());
    }
  }

  /**
   * @param thread has a single thread
   * @param pauseNanos from one beginning to the next, at least
   * @param mostWaiting answers that have not been begun
   */
  SharedScrapes(
      ScheduledExecutorService thread, LongSupplier nanoTime, long pauseNanos, int mostWaiting) {
    this.thread = thread;
    this.nanoTime = nanoTime;
    this.pauseNanos = pauseNanos;
    this.mostWaiting = mostWaiting;
  }

  /**
   * The answer to come, begun after this call; null if too many different ones wait.
   *
   * @param render makes the answer, for whoever asks for the same form
   */
  synchronized CompletionStage<Answer> join(Form form, Supplier<Answer> render) {
    CompletableFuture<Answer> answer = waiting.get(form);
    if (answer != null) {
      return answer;
    }
    if (waiting.size() >= mostWaiting) {
      return null;
    }
    CompletableFuture<Answer> next = new CompletableFuture<>();
    waiting.put(form, next);
    long nowNs = nanoTime.getAsLong();
    long startNs = hasStarted && nextStartNs - nowNs > 0 ? nextStartNs : nowNs;
    hasStarted = true;
    nextStartNs = startNs + pauseNanos;
    var unused =
        thread.schedule(
            () -> make(form, next, render), Math.max(0, startNs - nowNs), TimeUnit.NANOSECONDS);
    return next;
  }

  private void make(Form form, CompletableFuture<Answer> answer, Supplier<Answer> render) {
    synchronized (this) {
      waiting.remove(form);
    }
    try {
      answer.complete(render.get());
    } catch (RuntimeException | Error e) {
      answer.completeExceptionally(e);
    }
  }
}
