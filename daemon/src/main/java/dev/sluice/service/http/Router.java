package dev.sluice.service.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the endpoint of a request. Filled before the server starts, effectively immutable
 * afterwards.
 */
final class Router implements Responder {
  private static final Logger LOGGER = LoggerFactory.getLogger(Router.class);

  /** Answers one request; must not block the calling thread. */
  interface Endpoint {
    CompletionStage<Answer> answer(Request request, Matcher path);
  }

  private final Map<Pattern, Map<String, Endpoint>> routes = new LinkedHashMap<>();

  /** Adds a GET that is answered at once; includes HEAD. */
  Router get(String path, Function<Request, Answer> endpoint) {
    return add(
        "GET",
        Pattern.quote(path),
        (request, matcher) -> CompletableFuture.completedFuture(endpoint.apply(request)));
  }

  /**
   * @param pathPattern regular expression that must match the whole path
   */
  Router add(String method, String pathPattern, Endpoint endpoint) {
    Pattern pattern =
        routes.keySet().stream()
            .filter(known -> known.pattern().equals(pathPattern))
            .findFirst()
            .orElseGet(() -> Pattern.compile(pathPattern));
    routes.computeIfAbsent(pattern, unused -> new LinkedHashMap<>()).put(method, endpoint);
    return this;
  }

  /** Never fails and never throws: a defect is answered with 500 and logged. */
  @Override
  public CompletionStage<Answer> answer(Request request) {
    try {
      return route(request).exceptionally(failure -> defect(request, failure));
    } catch (RuntimeException e) {
      return CompletableFuture.completedFuture(defect(request, e));
    }
  }

  private CompletionStage<Answer> route(Request request) {
    for (Map.Entry<Pattern, Map<String, Endpoint>> route : routes.entrySet()) {
      Matcher matcher = route.getKey().matcher(request.path());
      if (matcher.matches()) {
        String method = request.method().equals("HEAD") ? "GET" : request.method();
        Endpoint endpoint = route.getValue().get(method);
        return endpoint == null
            ? CompletableFuture.completedFuture(methodNotAllowed(route.getValue()))
            : endpoint.answer(request, matcher);
      }
    }
    return CompletableFuture.completedFuture(Answer.text(404, "no such path; / lists them"));
  }

  private static Answer methodNotAllowed(Map<String, Endpoint> methods) {
    TreeSet<String> allowed = new TreeSet<>(methods.keySet());
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    String list = String.join(", ", allowed);
    return Answer.text(405, "method not allowed here; use " + list).withHeader("allow", list);
  }

  private static Answer defect(Request request, Throwable failure) {
    LOGGER.error("http: request failed: {} {}", request.method(), request.path(), failure);
    return Answer.text(500, "internal error, see the daemon log");
  }
}
