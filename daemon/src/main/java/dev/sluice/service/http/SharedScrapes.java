package dev.sluice.service.http;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One answer for all who ask for the same while it has not been begun, a pause between two
 * beginnings, and a few that get it at a time. So a thousand scrapers cost as much as one that
 * scrapes often, and nobody gets a figure that is older than the request: who comes while an answer
 * is made waits for the next one.
 *
 * <p>Any thread asks; answers are made and handed out on the thread of the executor, one at a time.
 */
final class SharedScrapes {
  /**
   * Who gets an answer at once. To send a hundred kilobytes to each of a thousand sockets keeps a
   * processor busy for a second, in which it is missed where records are drained.
   */
  static final int AT_ONCE = 16;

  private final ScheduledExecutorService thread;
  private final LongSupplier nanoTime;
  private final long pauseNanos;
  private final int mostWaiting;

  // Guarded by this: who waits for an answer that has not been begun.
  private final Map<Form, List<CompletableFuture<Answer>>> waiting = new HashMap<>();
  private long nextStartNs;
  private boolean hasStarted;

  // The thread's alone: who waits for an answer that is made.
  private final Queue<Runnable> served = new ArrayDeque<>();

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
   * @param pauseNanos from one beginning to the next, at least, and between those who get an answer
   *     at once and the next of them
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
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    List<CompletableFuture<Answer>> others = waiting.get(form);
    if (others != null) {
      others.add(answer);
      return answer;
    }
    if (waiting.size() >= mostWaiting) {
      return null;
    }
    waiting.put(form, new ArrayList<>(List.of(answer)));
    long nowNs = nanoTime.getAsLong();
    long startNs = hasStarted && nextStartNs - nowNs > 0 ? nextStartNs : nowNs;
    hasStarted = true;
    nextStartNs = startNs + pauseNanos;
    schedule(() -> make(form, render), Math.max(0, startNs - nowNs));
    return answer;
  }

  private void schedule(Runnable task, long delayNanos) {
    var unused = thread.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
  }

  private void make(Form form, Supplier<Answer> render) {
    if (!served.isEmpty()) {
      // It would be old by the time that anybody got it.
      schedule(() -> make(form, render), pauseNanos);
      return;
    }
    List<CompletableFuture<Answer>> askers;
    synchronized (this) {
      askers = waiting.remove(form);
    }
    try {
      Answer answer = render.get();
      askers.forEach(asker -> served.add(() -> asker.complete(answer)));
    } catch (RuntimeException | Error e) {
      askers.forEach(asker -> served.add(() -> asker.completeExceptionally(e)));
    }
    handOut();
  }

  private void handOut() {
    for (int i = 0; i < AT_ONCE && !served.isEmpty(); i++) {
      served.remove().run();
    }
    if (!served.isEmpty()) {
      schedule(this::handOut, pauseNanos);
    }
  }
}
