package dev.sluice.service.http;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.Labels;
import dev.sluice.service.RecentEvents;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Content of one frame of the live stream: the state of the daemon, without anything that changes
 * on its own, such as its age, so that an idle daemon produces identical bytes.
 */
final class LiveFrame {
  /** Ended sessions and events that fit on a page; the others have their own paths. */
  private static final int MOST_ENDED = 8;

  private static final int MOST_EVENTS = 24;

  private final DaemonView view;
  private final RecentEvents events;

  LiveFrame(DaemonView view, RecentEvents events) {
    this.view = view;
    this.events = events;
  }

  /** Returns one line of UTF-8. Called by one thread at a time. */
  byte[] json() {
    try {
      return JSON.std.asBytes(object());
    } catch (IOException e) {
      throw new IllegalStateException("a map of plain values cannot be written as JSON", e);
    }
  }

  private Map<String, Object> object() {
    List<DeviceSnapshot> devices = view.devices();
    List<String> notReady = view.notReadyReasons();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", view.build().version());
    json.put("revision", view.build().revision());
    json.put("started_at", view.startedAt().toString());
    json.put("ready", notReady.isEmpty());
    json.put("not_ready_reasons", notReady);
    json.put("notices", view.notices());
    json.put("totals", StatusJson.totals(devices));
    json.put("last_loss", StatusJson.lastLoss(view));
    json.put("storage", StatusJson.storage(view.storage()));
    json.put("devices", devices.stream().map(LiveFrame::device).toList());
    json.put("agents", view.agents().stream().map(LiveFrame::agent).toList());
    json.put("attach_failures", view.attachFailures());
    json.put("sessions", view.sessions().stream().map(StatusJson::session).toList());
    json.put(
        "ended",
        view.recentSessions().stream().limit(MOST_ENDED).map(StatusJson::session).toList());
    json.put(
        "events", events.newestFirst().stream().limit(MOST_EVENTS).map(LiveFrame::event).toList());
    return json;
  }

  private static Map<String, Object> device(DeviceSnapshot device) {
    Map<String, Object> free = new LinkedHashMap<>();
    for (String kind : Labels.ALL_KINDS) {
      DeviceSnapshot.FreeQueueSnapshot queue = device.freeQueues().get(kind);
      if (queue != null && queue.capacityEntries() > 0) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("entries_min", queue.entriesMin());
        json.put("capacity_entries", queue.capacityEntries());
        free.put(kind, json);
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("device", device.device());
    json.put("up", device.up());
    json.put("down_cause", device.downCause());
    json.put("sessions", device.sessions());
    json.put("free_queues", free);
    return json;
  }

  private static Map<String, Object> agent(AgentSnapshot agent) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", agent.name());
    json.put("stalls", agent.stalls());
    json.put("healthy", agent.healthy());
    return json;
  }

  private static Map<String, Object> event(RecentEvents.Event event) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("number", event.number());
    json.put("time", event.time().toString());
    json.put("level", event.level());
    json.put("text", event.text());
    return json;
  }
}
