package dev.sluice.service.http;

import dev.sluice.service.HttpTraffic;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * {@code /metrics}: text, OpenMetrics or protobuf, gzipped or not, as the scraper accepts. Made on
 * a thread of its own, one after the other, so that health and attach never wait behind a scrape,
 * and {@linkplain SharedScrapes once for all} who ask for the same at a time.
 */
final class MetricsApi implements AutoCloseable {
  /** 20 scrapes a second are more than anybody needs, and cost a tenth of a CPU. */
  private static final long PAUSE_NANOS = 50_000_000;

  private static final int SMALLEST_BYTES = 4096;

  private final PrometheusScrapeHandler handler;
  private final int mostWaiting;
  private final HttpTraffic traffic;
  private final SharedScrapes scrapes;
  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread scraper = new Thread(task, "sluice-scrape");
            scraper.setDaemon(true);
            return scraper;
          });

  /** Of the next answer, judged by the last; the scrape thread's. */
  private int expectedBytes = SMALLEST_BYTES;

  MetricsApi(PrometheusRegistry registry, int mostWaiting, HttpTraffic traffic) {
    this.handler = new PrometheusScrapeHandler(registry);
    this.mostWaiting = mostWaiting;
    this.traffic = traffic;
    this.scrapes = new SharedScrapes(thread, System::nanoTime, PAUSE_NANOS, mostWaiting);
  }

  void addTo(Router router) {
    router.add("GET", "/metrics", (request, path) -> scrape(request));
  }

  private CompletionStage<Answer> scrape(Request request) {
    CompletionStage<Answer> answer =
        scrapes.join(SharedScrapes.Form.of(request), () -> render(request));
    if (answer == null) {
      traffic.refused(HttpTraffic.Refusal.SCRAPES);
      return CompletableFuture.completedFuture(
          Answer.text(503, mostWaiting + " different scrapes wait, no more are allowed"));
    }
    return answer;
  }

  private Answer render(Request request) {
    try (ScrapeExchange exchange = new ScrapeExchange(request, expectedBytes)) {
      handler.handleRequest(exchange);
      Answer answer = exchange.answer();
      // An eighth more, since counters get longer.
      expectedBytes = answer.body().remaining() / 8 * 9 + SMALLEST_BYTES;
      return answer;
    } catch (IOException e) {
      throw new IllegalStateException("a scrape into memory failed", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
