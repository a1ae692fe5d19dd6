package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Steps what the scrape thread would do, by a clock moved by hand. */
class SharedScrapesTest {
  private static final long PAUSE = 50;
  private static final SharedScrapes.Form TEXT = form("text/plain");
  private static final SharedScrapes.Form PROTOBUF = form("application/vnd.google.protobuf");

  private final Stepped thread = new Stepped();
  private long nowNs = Long.MAX_VALUE - 20; // the clock may wrap
  private final SharedScrapes scrapes = new SharedScrapes(thread, () -> nowNs, PAUSE, 2);
  private int made;

  /** Keeps what is scheduled until it is told to run it. */
  private static final class Stepped extends ScheduledThreadPoolExecutor {
    private final List<Runnable> tasks = new ArrayList<>();
    private final List<Long> delays = new ArrayList<>();

    Stepped() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
      tasks.add(task);
      delays.add(unit.toNanos(delay));
      return null;
    }

    void runNext() {
      tasks.remove(0).run();
    }
  }

  @AfterEach
  void stop() {
    thread.shutdownNow();
  }

  private static SharedScrapes.Form form(String accept) {
    return new SharedScrapes.Form(List.of(accept), List.of(), "");
  }

  private CompletableFuture<Answer> join(SharedScrapes.Form form) {
    CompletionStage<Answer> answer = scrapes.join(form, () -> Answer.text(200, "made " + ++made));
    return answer == null ? null : answer.toCompletableFuture();
  }

  /** As {@link #join}, of somebody who does not matter here. */
  private void ask(SharedScrapes.Form form) {
    assertFalse(join(form).isDone());
  }

  @Test
  void shouldMakeOneAnswerForAllThatWaitAndHandItOutBitByBit() {
    List<CompletableFuture<Answer>> all = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      all.add(join(TEXT));
    }
    assertEquals(1, thread.tasks.size());
    for (int served = 0; served < all.size(); served += SharedScrapes.AT_ONCE) {
      assertFalse(all.get(served).isDone());
      thread.runNext();
      assertTrue(all.get(Math.min(served + SharedScrapes.AT_ONCE, all.size()) - 1).isDone());
    }
    for (CompletableFuture<Answer> one : all) {
      assertSame(all.get(0).join(), one.join());
    }
    assertEquals(1, made);
    assertEquals(List.of(), thread.tasks);
    assertEquals(List.of(0L, PAUSE, PAUSE), thread.delays.subList(0, 3));
  }

  /** What is made while others still wait for the last one would be old when it is handed out. */
  @Test
  void shouldNotBeginBeforeTheLastAnswerIsHandedOut() {
    List<CompletableFuture<Answer>> first = new ArrayList<>();
    for (int i = 0; i < 3 * SharedScrapes.AT_ONCE; i++) {
      first.add(join(TEXT));
    }
    thread.runNext();
    CompletableFuture<Answer> second = join(TEXT);
    // The rest of the first answer, then the beginning of the second, which comes in between.
    while (!second.isDone()) {
      assertEquals(1, made);
      thread.runNext();
    }
    assertTrue(first.stream().allMatch(CompletableFuture::isDone));
    assertEquals("made 2", text(second.join()));
    assertEquals(List.of(), thread.tasks);
  }

  private static String text(Answer answer) {
    return StandardCharsets.UTF_8.decode(answer.body().duplicate()).toString().trim();
  }

  /** A figure must not be older than the request for it. */
  @Test
  void shouldBeginAnewForWhoComesWhileAnAnswerIsMade() {
    List<CompletableFuture<Answer>> late = new ArrayList<>();
    CompletableFuture<Answer> first =
        scrapes
            .join(
                TEXT,
                () -> {
                  late.add(join(TEXT));
                  late.add(join(TEXT));
                  return Answer.text(200, "first");
                })
            .toCompletableFuture();
    thread.runNext();
    assertTrue(first.isDone());
    assertFalse(late.get(0).isDone());
    thread.runNext();
    assertSame(late.get(0).join(), late.get(1).join());
    assertEquals(1, made);
    assertEquals(List.of(), thread.tasks);
  }

  @Test
  void shouldPauseBetweenTwoBeginnings() {
    ask(TEXT);
    thread.runNext();
    nowNs += PAUSE - 10;
    ask(TEXT);
    ask(PROTOBUF);
    assertEquals(List.of(0L, 10L, 10L + PAUSE), thread.delays);
    nowNs += 1000;
    thread.runNext();
    thread.runNext();
    ask(TEXT);
    assertEquals(0, thread.delays.get(3), "nobody has to wait who comes alone");
  }

  @Test
  void shouldRefuseWhenTooManyDifferentOnesWait() {
    ask(TEXT);
    ask(PROTOBUF);
    assertNull(join(form("something else")));
    assertFalse(join(TEXT).isDone(), "whoever asks for the same may still join");
    thread.runNext();
    assertFalse(join(form("something else")).isDone());
  }

  @Test
  void shouldTellAllOfAFailureAndGoOn() {
    CompletionStage<Answer> broken =
        scrapes.join(
            TEXT,
            () -> {
              throw new IllegalStateException("a defect");
            });
    CompletableFuture<Answer> joined = join(TEXT);
    thread.runNext();
    assertThrows(CompletionException.class, () -> broken.toCompletableFuture().join());
    assertThrows(CompletionException.class, joined::join);
    CompletableFuture<Answer> next = join(TEXT);
    thread.runNext();
    assertEquals(200, next.join().status());
  }
}
