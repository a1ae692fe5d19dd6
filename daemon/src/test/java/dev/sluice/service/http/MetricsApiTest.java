package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.HttpTraffic;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Steps the scrape thread's work, on a clock that only its rests advance. */
class MetricsApiTest {
  private static final int MOST_WAITING = 1000;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final HttpTraffic traffic = new HttpTraffic();
  private final Stepped thread = new Stepped();
  private long nowNs = Long.MAX_VALUE - 20; // the clock may wrap
  private final MetricsApi api =
      new MetricsApi(registry, MOST_WAITING, traffic, thread, () -> nowNs, nanos -> nowNs += nanos);

  private int rendered;
  private Runnable whileRendering = () -> {};

  MetricsApiTest() {
    CounterWithCallback.builder()
        .name("renderings_total")
        .help("Renderings.")
        .callback(
            callback -> {
              whileRendering.run();
              callback.call(++rendered);
            })
        .register(registry);
  }

  /** Queues its tasks until the test runs them. */
  private static final class Stepped extends AbstractExecutorService {
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    @Override
    public void execute(Runnable task) {
      if (tasks.size() == MOST_WAITING) {
        throw new RejectedExecutionException();
      }
      tasks.add(task);
    }

    void runAll() {
      while (!tasks.isEmpty()) {
        tasks.remove().run();
      }
    }

    @Override
    public void shutdown() {
      tasks.clear();
    }

    @Override
    public List<Runnable> shutdownNow() {
      shutdown();
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return false;
    }
  }

  private CompletableFuture<Answer> ask(String uri, String accept) {
    DefaultHttpHeaders headers = new DefaultHttpHeaders();
    headers.add("accept", accept);
    return api.scrape(Request.of("GET", uri, headers)).toCompletableFuture();
  }

  private CompletableFuture<Answer> ask() {
    return ask("/metrics", "text/plain");
  }

  private static String text(Answer answer) {
    return StandardCharsets.UTF_8.decode(answer.body().duplicate()).toString();
  }

  @Test
  void shouldRenderOnceForAllWhoWait() {
    List<CompletableFuture<Answer>> all = new ArrayList<>();
    for (int i = 0; i < MOST_WAITING; i++) {
      all.add(ask());
    }
    assertEquals(0, rendered, "the caller's thread renders nothing");
    thread.runAll();
    for (CompletableFuture<Answer> one : all) {
      assertSame(all.get(0).join(), one.join());
    }
    assertEquals(1, rendered);
  }

  @Test
  void shouldRestBetweenAnswers() {
    long startNs = nowNs;
    for (int i = 0; i < MOST_WAITING; i++) {
      var unused = ask();
    }
    thread.runAll();
    assertEquals((MOST_WAITING - 1) * MetricsApi.ANSWER_NANOS, nowNs - startNs);
  }

  @Test
  void shouldRestBetweenRenderingsAndNotBeforeASingleOne() {
    long startNs = nowNs;
    for (int i = 0; i < 4; i++) {
      var unused = ask();
      thread.runAll();
      assertEquals(i * MetricsApi.RENDER_NANOS, nowNs - startNs);
      nowNs++; // otherwise the next request would still share this rendering
    }
    nowNs += MetricsApi.RENDER_NANOS;
    long laterNs = nowNs;
    var unused = ask();
    thread.runAll();
    assertEquals(laterNs, nowNs, "a request that comes alone does not wait");
    assertEquals(5, rendered);
  }

  /** A sample must not be older than its request. */
  @Test
  void shouldRenderAgainForWhatArrivesWhileItRenders() {
    List<CompletableFuture<Answer>> late = new ArrayList<>();
    whileRendering =
        () -> {
          if (late.isEmpty()) {
            nowNs++;
            late.add(ask());
            late.add(ask());
          }
        };
    CompletableFuture<Answer> first = ask();
    thread.runAll();
    assertTrue(text(first.join()).contains("renderings_total 1.0"), text(first.join()));
    assertTrue(text(late.get(0).join()).contains("renderings_total 2.0"));
    assertSame(late.get(0).join(), late.get(1).join());
  }

  @Test
  void shouldShareNothingBetweenForms() {
    CompletableFuture<Answer> text = ask();
    CompletableFuture<Answer> openMetrics =
        ask("/metrics", "application/openmetrics-text; version=1.0.0");
    CompletableFuture<Answer> filtered = ask("/metrics?name%5B%5D=none", "text/plain");
    thread.runAll();
    assertFalse(text(text.join()).endsWith("# EOF\n"));
    assertTrue(text(openMetrics.join()).endsWith("# EOF\n"));
    assertEquals("", text(filtered.join()));
  }

  @Test
  void shouldRefuseBeyondItsBound() {
    for (int i = 0; i < MOST_WAITING; i++) {
      var unused = ask();
    }
    assertEquals(503, ask().join().status());
    assertEquals(1, traffic.refusalsByReason().get("scrapes"));
    thread.runAll();
    CompletableFuture<Answer> next = ask();
    thread.runAll();
    assertEquals(200, next.join().status());
  }

  @Test
  void shouldTellOfADefectAndGoOn() {
    whileRendering =
        () -> {
          throw new IllegalStateException("a defect");
        };
    CompletableFuture<Answer> broken = ask();
    thread.runAll();
    assertThrows(CompletionException.class, broken::join);
    whileRendering = () -> {};
    CompletableFuture<Answer> next = ask();
    thread.runAll();
    assertEquals(200, next.join().status());
  }
}
