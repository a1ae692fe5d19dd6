package dev.sluice.service.http;

import dev.sluice.service.HttpTraffic;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * {@code /metrics}: text, OpenMetrics or protobuf, gzipped or not, as the scraper accepts. A
 * separate thread answers requests in order of arrival, so health and attach never wait behind a
 * scrape. A request that arrived before rendering of the cached answer began gets that answer: no
 * figure is older than the request for it.
 *
 * <p>The thread rests between answers. So a thousand scrapers cost as much as one that scrapes
 * often, and the agents that move records do not compete for CPUs with rendering and sending.
 */
final class MetricsApi implements AutoCloseable {
  /** Interval between renderings: 20 per second cost a tenth of a CPU. */
  static final long RENDER_NANOS = 50_000_000;

  /** Interval between answers: sending one costs more than rendering it. */
  static final long ANSWER_NANOS = 3_000_000;

  /** Cached answers for sharing: each format, plain and gzipped. */
  private static final int MOST_FORMS = 8;

  private final PrometheusScrapeHandler handler;
  private final int mostWaiting;
  private final HttpTraffic traffic;
  private final ExecutorService thread;
  private final LongSupplier nanoTime;
  private final LongConsumer rest;

  // The following fields are confined to the scrape thread.
  private final Map<Form, Rendered> shared =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Form, Rendered> eldest) {
          return size() > MOST_FORMS;
        }
      };
  private long nextRenderNs;
  private long nextAnswerNs;

  /** The request data that determine the bytes of an answer, as received. */
  private record Form(List<String> accept, List<String> encodings, String queryString) {
    static Form of(Request request) {
      return new Form(
          request.headers().getAll("accept"),
          request.headers().getAll("accept-encoding"),
          request.queryString());
    }
  }

  private record Rendered(Answer answer, long begunNs) {}

  /**
   * @param mostWaiting requests at once; one more is answered with 503
   */
  static MetricsApi start(PrometheusRegistry registry, int mostWaiting, HttpTraffic traffic) {
    ThreadPoolExecutor thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(mostWaiting),
            task -> {
              Thread scraper = new Thread(task, "sluice-scrape");
              scraper.setDaemon(true);
              return scraper;
            });
    return new MetricsApi(
        registry, mostWaiting, traffic, thread, System::nanoTime, LockSupport::parkNanos);
  }

  /**
   * @param thread runs tasks one at a time in order, and rejects those beyond {@code mostWaiting}
   * @param rest waits for a number of nanoseconds
   */
  MetricsApi(
      PrometheusRegistry registry,
      int mostWaiting,
      HttpTraffic traffic,
      ExecutorService thread,
      LongSupplier nanoTime,
      LongConsumer rest) {
    this.handler = new PrometheusScrapeHandler(registry);
    this.mostWaiting = mostWaiting;
    this.traffic = traffic;
    this.thread = thread;
    this.nanoTime = nanoTime;
    this.rest = rest;
    this.nextRenderNs = nanoTime.getAsLong();
    this.nextAnswerNs = nextRenderNs;
  }

  void addTo(Router router) {
    router.add("GET", "/metrics", (request, path) -> scrape(request));
  }

  CompletionStage<Answer> scrape(Request request) {
    long arrivedNs = nanoTime.getAsLong();
    try {
      return CompletableFuture.supplyAsync(() -> answer(request, arrivedNs), thread);
    } catch (RejectedExecutionException e) {
      traffic.refused(HttpTraffic.Refusal.SCRAPES);
      return CompletableFuture.completedFuture(
          Answer.text(503, mostWaiting + " scrapes are waiting, no more are allowed"));
    }
  }

  private Answer answer(Request request, long arrivedNs) {
    restUntil(nextAnswerNs);
    Form form = Form.of(request);
    Rendered rendered = shared.get(form);
    if (rendered == null || rendered.begunNs() - arrivedNs < 0) {
      restUntil(nextRenderNs);
      long begunNs = nanoTime.getAsLong();
      nextRenderNs = begunNs + RENDER_NANOS;
      rendered = new Rendered(render(request), begunNs);
      shared.remove(form); // keeps the map in rendering order
      shared.put(form, rendered);
    }
    nextAnswerNs = nanoTime.getAsLong() + ANSWER_NANOS;
    return rendered.answer();
  }

  private void restUntil(long timeNs) {
    long left = timeNs - nanoTime.getAsLong();
    if (left > 0) {
      rest.accept(left);
    }
  }

  private Answer render(Request request) {
    try (ScrapeExchange exchange = new ScrapeExchange(request)) {
      handler.handleRequest(exchange);
      return exchange.answer();
    } catch (IOException e) {
      throw new IllegalStateException("a scrape into memory failed", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
