package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.Books;
import dev.sluice.service.CaptureArchive;
import dev.sluice.service.ControlActions;
import dev.sluice.service.FakeView;
import dev.sluice.service.ReloadOutcome;
import dev.sluice.testkit.Corpus;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Any method, URI and headers, for the port and the control socket: each request gets a response,
 * and never an internal error. An input is {@code METHOD URI} and one line per header.
 */
public final class RequestFuzzTest {
  private static final Map<Integer, Integer> STATUSES = new TreeMap<>();
  private static final Router ROUTER = router();

  /** An archive with one empty capture. */
  private static final class Archive implements CaptureArchive {
    @Override
    public Listing newest(int limit) {
      return new Listing(0, List.of());
    }

    @Override
    public InputStream download(String name) throws IOException {
      if (!name.equals("run")) {
        throw new FileNotFoundException("no capture has this name");
      }
      return InputStream.nullInputStream();
    }
  }

  private static final class Actions implements ControlActions {
    @Override
    public CompletionStage<Books> detachSession(int session) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletionStage<List<String>> snapshot(String reason) {
      return CompletableFuture.completedFuture(List.of());
    }
  }

  private static Router router() {
    FakeView view = new FakeView();
    view.archive = new Archive();
    Router router = new Router();
    new StatusApi(view).addTo(router);
    new ControlApi(
            view,
            new Actions(),
            () ->
                CompletableFuture.completedFuture(
                    new ReloadOutcome(List.of(), List.of(), List.of())))
        .addTo(router);
    new CapturesApi(view.archive(), 1000).addListing(router, "/v1/captures").addDownloads(router);
    Executor here = Runnable::run;
    router.add(
        "GET",
        "/metrics",
        (request, path) ->
            CompletableFuture.supplyAsync(
                () -> {
                  try (ScrapeExchange exchange = new ScrapeExchange(request)) {
                    new PrometheusScrapeHandler(new PrometheusRegistry()).handleRequest(exchange);
                    return exchange.answer();
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                },
                here));
    return router;
  }

  @Test
  void shouldAnswerWhateverIsAsked() {
    Corpus.replay("requests", 120, RequestFuzzTest::fuzzerTestOneInput);
    assertTrue(STATUSES.getOrDefault(200, 0) > 200, STATUSES::toString);
    assertTrue(STATUSES.getOrDefault(400, 0) > 50, STATUSES::toString);
    assertTrue(STATUSES.getOrDefault(404, 0) > 50, STATUSES::toString);
  }

  /** Entry point for Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    List<String> lines = new String(input, StandardCharsets.ISO_8859_1).lines().toList();
    if (lines.isEmpty() || !lines.get(0).contains(" ")) {
      return;
    }
    String first = lines.get(0);
    int space = first.indexOf(' ');
    Request request;
    try {
      HttpHeaders headers = new DefaultHttpHeaders();
      for (String line : lines.subList(1, lines.size())) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          headers.add(line.substring(0, colon), line.substring(colon + 1).trim());
        }
      }
      request = Request.of(first.substring(0, space), first.substring(space + 1), headers);
    } catch (IllegalArgumentException e) {
      STATUSES.merge(400, 1, Integer::sum); // like the handler
      return;
    }
    if (request.path().equals("/v1/log-level") && request.method().equals("POST")) {
      return; // would change this process's logging
    }
    CompletableFuture<Answer> answer = ROUTER.answer(request).toCompletableFuture();
    if (request.path().endsWith("/detach") && !answer.isDone()) {
      return; // the fake session never ends
    }
    int status = answer.get(10, TimeUnit.SECONDS).status();
    STATUSES.merge(status, 1, Integer::sum);
    assertTrue(status < 500 || status == 503, () -> status + ": " + request);
  }
}
