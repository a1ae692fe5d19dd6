package dev.sluice.service.http;

import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.DaemonView;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Health, readiness, status as JSON, and a page for people. Read-only. */
final class StatusApi {
  private final DaemonView view;
  private final Answer page;

  StatusApi(DaemonView view) {
    this.view = view;
    this.page = StatusPage.of(view.build());
  }

  void addTo(Router router) {
    StatusPage.runbook().ifPresent(text -> router.get("/runbook", request -> text));
    router
        .get("/", request -> page)
        .get("/-/healthy", request -> healthy())
        .get("/-/ready", request -> ready())
        .get("/api/v1/status", request -> Answer.json(200, StatusJson.status(view, Instant.now())))
        .get("/api/v1/history", request -> Answer.json(200, StatusJson.history(view)))
        .get("/api/v1/drops", new DropsApi(view)::answer)
        .get("/api/v1/sessions", request -> Answer.json(200, StatusJson.sessions(view)));
  }

  /**
   * Whether the agents make progress; if not, a restart helps. Does not query devices. A device
   * that does not answer is named, but is no failure of the daemon.
   */
  private Answer healthy() {
    List<String> stuck =
        view.agents().stream().filter(agent -> !agent.healthy()).map(AgentSnapshot::name).toList();
    if (!stuck.isEmpty()) {
      return Answer.text(503, "stalled: " + String.join(", ", stuck));
    }
    List<String> troubles = view.deviceTroubles();
    return Answer.text(
        200, troubles.isEmpty() ? "healthy" : "healthy, but " + String.join(", ", troubles));
  }

  /** Whether the daemon can serve now; a restart may not help. */
  private Answer ready() {
    List<String> reasons = view.notReadyReasons();
    return reasons.isEmpty()
        ? Answer.text(200, "ready")
        : Answer.json(503, Map.of("ready", false, "reasons", reasons));
  }
}
