package dev.sluice.service.http;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.ConfigActions;
import dev.sluice.service.ControlActions;
import dev.sluice.service.DaemonView;
import dev.sluice.service.LoggerLevels;
import dev.sluice.service.ReloadOutcome;
import dev.sluice.service.ReloadRefusedException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Paths of the control socket. Changes require POST. */
final class ControlApi {
  private static final Logger LOGGER = LoggerFactory.getLogger(ControlApi.class);
  private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

  private static final int MAX_REASON = 40;

  private final DaemonView view;
  private final ControlActions actions;
  private final ConfigActions config;

  ControlApi(DaemonView view, ControlActions actions, ConfigActions config) {
    this.view = view;
    this.actions = actions;
    this.config = config;
  }

  void addTo(Router router) {
    router
        .get("/v1/status", request -> Answer.json(200, StatusJson.status(view, Instant.now())))
        .get("/v1/sessions", request -> Answer.json(200, StatusJson.sessions(view)))
        .get("/v1/drops", new DropsApi(view)::answer)
        .add(
            "GET",
            "/v1/log-level",
            (request, path) -> CompletableFuture.completedFuture(logLevels(request)))
        .add("POST", "/v1/log-level", (request, path) -> logLevel(request))
        .add("POST", "/v1/reload", (request, path) -> reload())
        .add("POST", "/v1/snapshot", (request, path) -> snapshot(request))
        .add("POST", "/v1/sessions/(\\d{1,9})/detach", (request, path) -> detach(path));
  }

  /** Returns the level of one logger, or all loggers that have their own level. */
  private static Answer logLevels(Request request) {
    List<String> loggers = request.parameters("logger");
    if (loggers.size() > 1) {
      return Answer.text(400, "write one ?logger=");
    }
    if (loggers.isEmpty()) {
      return Answer.json(200, Map.of("loggers", LoggerLevels.own()));
    }
    String logger = loggers.get(0);
    return LoggerLevels.inForce(logger)
        .map(level -> Answer.json(200, Map.of("logger", logger, "level", level)))
        .orElseGet(() -> noLogger(logger));
  }

  private static Answer noLogger(String logger) {
    return Answer.text(404, "unknown logger " + logger + "; use root or a logger from the log");
  }

  private static CompletionStage<Answer> logLevel(Request request) {
    return CompletableFuture.completedFuture(setLogLevel(request));
  }

  private static Answer setLogLevel(Request request) {
    List<String> loggers = request.parameters("logger");
    List<String> levels = request.parameters("level");
    String logger = loggers.isEmpty() ? LoggerLevels.ROOT : loggers.get(0);
    String level = levels.size() == 1 ? levels.get(0).toLowerCase(Locale.ROOT) : "";
    boolean isInherited = level.equals(LoggerLevels.INHERIT) && !logger.equals(LoggerLevels.ROOT);
    if (loggers.size() > 1 || !(LEVELS.contains(level) || isInherited)) {
      return Answer.text(
          400,
          "write ?level= and one of "
              + String.join(", ", LEVELS)
              + ", or inherit for a logger other than root");
    }
    if (!LoggerLevels.set(logger, level)) {
      return noLogger(logger);
    }
    LOGGER.info("control: log level set: {} {}", logger, level);
    return Answer.json(200, Map.of("logger", logger, "level", level));
  }

  private CompletionStage<Answer> reload() {
    LOGGER.info("control: reload");
    return config
        .reload()
        .handle((outcome, failure) -> failure == null ? reloaded(outcome) : notReloaded(failure));
  }

  private static Answer reloaded(ReloadOutcome outcome) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("changed", !outcome.equals(new ReloadOutcome(List.of(), List.of(), List.of())));
    json.put("applied", outcome.applied());
    json.put("next_session", outcome.nextSession());
    json.put("restart_required", outcome.restartRequired());
    return Answer.json(200, json);
  }

  /** The error is in the operator's file, so the operator gets the message. */
  private static Answer notReloaded(Throwable failure) {
    if (cause(failure) instanceof ReloadRefusedException refusal) {
      return Answer.text(422, refusal.getMessage());
    }
    throw new IllegalStateException("the configuration could not be reloaded", cause(failure));
  }

  private CompletionStage<Answer> snapshot(Request request) {
    List<String> reasons = request.parameters("reason");
    String reason = reasons.isEmpty() ? "command" : reasons.get(0);
    if (reasons.size() > 1 || reason.isBlank() || reason.length() > MAX_REASON) {
      return CompletableFuture.completedFuture(
          Answer.text(400, "write one ?reason= of at most " + MAX_REASON + " characters"));
    }
    LOGGER.info("control: snapshot, {}", reason);
    return actions
        .snapshot(reason)
        .handle(
            (taken, failure) ->
                failure == null
                    ? Answer.json(200, Map.of("snapshots", taken))
                    : Answer.text(503, "no snapshot: " + cause(failure).getMessage()));
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException ? failure.getCause() : failure;
  }

  private CompletionStage<Answer> detach(Matcher path) {
    int session = Integer.parseInt(path.group(1));
    LOGGER.info("control: detaching session {}", session);
    return actions
        .detachSession(session)
        .handle((books, failure) -> failure == null ? detached(books) : refused(session, failure));
  }

  private static Answer detached(Books books) {
    return Answer.json(200, StatusJson.books(books));
  }

  private static Answer refused(int session, Throwable failure) {
    Throwable cause = cause(failure);
    if (cause instanceof AttachRefusedException refusal) {
      return Answer.text(refusal.status() == AttachStatus.STATE ? 404 : 409, refusal.getMessage());
    }
    throw new IllegalStateException("session " + session + " could not be detached", cause);
  }
}
