package dev.sluice.tool;

import java.util.Map;

/** One drop event from the daemon's {@code /api/v1/drops}. */
public record DropReport(
    String time,
    long device,
    long session,
    String kind,
    long instance,
    long records,
    String cause,
    String ceiling) {
  static DropReport read(Map<String, Object> event) throws ToolException {
    return new DropReport(
        Json.text(event, "time"),
        Json.whole(event, "device"),
        Json.whole(event, "session"),
        Json.text(event, "kind"),
        Json.whole(event, "instance"),
        Json.whole(event, "dropped_records"),
        Json.text(event, "cause"),
        Json.text(event, "ceiling"));
  }
}
