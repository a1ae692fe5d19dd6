package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ScrapeExchangeTest {
  private final PrometheusScrapeHandler handler;

  ScrapeExchangeTest() {
    PrometheusRegistry registry = new PrometheusRegistry();
    Counter.builder().name("things_total").help("Things.").register(registry).inc();
    handler = new PrometheusScrapeHandler(registry);
  }

  private String scrape(String method) throws IOException {
    Request request = Request.of(method, "/metrics", new DefaultHttpHeaders());
    try (ScrapeExchange exchange = new ScrapeExchange(request)) {
      handler.handleRequest(exchange);
      return StandardCharsets.UTF_8.decode(exchange.answer().body().duplicate()).toString();
    }
  }

  /** A GET coalesced with the HEAD gets the same response. */
  @Test
  void shouldMakeTheWholeAnswerForHeadToo() throws IOException {
    String body = scrape("GET");
    assertTrue(body.contains("things_total 1.0"), body);
    assertEquals(body, scrape("HEAD"));
  }
}
