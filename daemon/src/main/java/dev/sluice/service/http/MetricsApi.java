package dev.sluice.service.http;

import dev.sluice.service.HttpTraffic;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code /metrics}: text, OpenMetrics or protobuf, gzipped or not, as the scraper accepts. Made on
 * a thread of its own, one after the other, so that health and attach never wait behind a scrape;
 * more than a few waiting scrapes are refused.
 */
final class MetricsApi implements AutoCloseable {
  private final PrometheusScrapeHandler handler;
  private final int maxInFlight;
  private final HttpTraffic traffic;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread scraper = new Thread(task, "sluice-scrape");
            scraper.setDaemon(true);
            return scraper;
          });

  MetricsApi(PrometheusRegistry registry, int maxInFlight, HttpTraffic traffic) {
    this.handler = new PrometheusScrapeHandler(registry);
    this.maxInFlight = maxInFlight;
    this.traffic = traffic;
  }

  void addTo(Router router) {
    router.add("GET", "/metrics", (request, path) -> scrape(request));
  }

  private CompletionStage<Answer> scrape(Request request) {
    if (inFlight.incrementAndGet() > maxInFlight) {
      inFlight.decrementAndGet();
      traffic.refused(HttpTraffic.Refusal.SCRAPES);
      return CompletableFuture.completedFuture(
          Answer.text(503, maxInFlight + " scrapes are in flight, no more are allowed"));
    }
    return CompletableFuture.supplyAsync(() -> render(request), thread)
        .whenComplete((answer, failure) -> inFlight.decrementAndGet());
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
    thread.shutdown();
  }
}
