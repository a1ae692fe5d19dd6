package dev.sluice.service.http;

import dev.sluice.service.DaemonView;
import dev.sluice.service.DropEventSnapshot;
import dev.sluice.service.DropsSnapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code /api/v1/drops}: the latest drop events, newest first. */
final class DropsApi {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 65_536;

  private final DaemonView view;

  DropsApi(DaemonView view) {
    this.view = view;
  }

  Answer answer(Request request) {
    List<String> limits = request.parameters("limit");
    int limit = DEFAULT_LIMIT;
    if (!limits.isEmpty()) {
      try {
        limit = Integer.parseInt(limits.get(0));
      } catch (NumberFormatException e) {
        limit = -1;
      }
      if (limits.size() > 1 || limit < 0 || limit > MAX_LIMIT) {
        return Answer.text(400, "limit must be one number from 0 to " + MAX_LIMIT);
      }
    }
    return Answer.json(200, json(view.drops(limit)));
  }

  private static Map<String, Object> json(DropsSnapshot drops) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total_events", drops.totalEvents());
    json.put("kept_events", drops.keptEvents());
    json.put("drops", drops.events().stream().map(DropsApi::event).toList());
    return json;
  }

  private static Map<String, Object> event(DropEventSnapshot event) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("time", event.time().toString());
    json.put("device", event.device());
    json.put("session", event.session());
    json.put("kind", event.kind());
    json.put("instance", event.instance());
    json.put("queue", event.queue());
    json.put("cause", event.cause());
    json.put("ceiling", event.ceiling());
    json.put("dropped_records", event.records());
    json.put("free_entries", event.freeEntries());
    json.put("spare_buffers", event.spareBuffers());
    json.put("undrained_buffers", event.undrainedBuffers());
    json.put("collecting_buffers", event.collectingBuffers());
    json.put("ready_entries", event.readyEntries());
    json.put("handoff_entries", event.handoffEntries());
    json.put("refill_latency_seconds", event.latenessSeconds());
    json.put("pause_seconds", event.pauseSeconds());
    return json;
  }
}
