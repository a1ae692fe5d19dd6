package dev.sluice.service.http;

import dev.sluice.service.HttpTraffic;
import dev.sluice.service.security.WebSecurity;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Authorises requests, and adds the configured headers to every answer. */
final class Gate implements Responder {
  private final WebSecurity security;
  private final HttpTraffic traffic;
  private final Responder behind;

  Gate(WebSecurity security, HttpTraffic traffic, Responder behind) {
    this.security = security;
    this.traffic = traffic;
    this.behind = behind;
  }

  @Override
  public CompletionStage<Answer> answer(Request request) {
    return security
        .judge(request.headers().get(HttpHeaderNames.AUTHORIZATION))
        .thenCompose(
            verdict ->
                verdict == WebSecurity.Verdict.ALLOWED
                    ? behind.answer(request)
                    : CompletableFuture.completedFuture(refusal(verdict)))
        .thenApply(this::withHeaders);
  }

  private Answer refusal(WebSecurity.Verdict verdict) {
    traffic.refused(
        verdict == WebSecurity.Verdict.DENIED
            ? HttpTraffic.Refusal.CREDENTIALS
            : HttpTraffic.Refusal.RATE);
    return switch (verdict) {
      case DENIED ->
          Answer.text(401, "user and password required")
              .withHeader("www-authenticate", "Basic realm=\"sluice\", charset=\"UTF-8\"");
      case TOO_MANY -> Answer.text(429, "too many requests").withHeader("retry-after", "1");
      case BUSY ->
          Answer.text(503, "too many passwords are waiting to be checked")
              .withHeader("retry-after", "5");
      case ALLOWED -> throw new IllegalArgumentException("not a refusal");
    };
  }

  private Answer withHeaders(Answer answer) {
    Answer more = answer;
    for (Map.Entry<String, String> header : security.headers().entrySet()) {
      more = more.withHeader(header.getKey(), header.getValue());
    }
    return more;
  }
}
