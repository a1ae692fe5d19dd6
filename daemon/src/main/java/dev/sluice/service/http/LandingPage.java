package dev.sluice.service.http;

import dev.sluice.config.Quantities;
import dev.sluice.service.DaemonView;
import dev.sluice.service.KindTotals;
import dev.sluice.service.SessionSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** {@code /}: what this is, whether it is well, its sessions, and where to look further. */
final class LandingPage {
  private static final String STYLE =
      """
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; }
      table { border-collapse: collapse; }
      th, td { padding: .2em .8em; text-align: left; border-bottom: 1px solid #ccc; }
      td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
      .bad { color: #b00; font-weight: bold; }
      """;

  private LandingPage() {}

  static String render(DaemonView view, Instant now) {
    StringBuilder page = new StringBuilder(4096);
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">")
        .append("<title>Sluice</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head>\n<body>\n<h1>Sluice</h1>\n<p>version ")
        .append(escape(view.build().version()))
        .append(", revision ")
        .append(escape(view.build().revision()))
        .append(", up for ")
        .append(Quantities.formatNanos(Duration.between(view.startedAt(), now).toNanos()))
        .append("</p>\n");
    List<String> reasons = view.notReadyReasons();
    page.append(reasons.isEmpty() ? "<p>ready</p>\n" : "");
    reasons.forEach(
        reason ->
            page.append("<p class=\"bad\">not ready: ").append(escape(reason)).append("</p>\n"));
    view.notices().forEach(notice -> page.append("<p>").append(escape(notice)).append("</p>\n"));
    page.append("<h2>Sessions</h2>\n");
    sessions(page, view.sessions(), "none is open");
    page.append("<h2>Ended</h2>\n");
    sessions(page, view.recentSessions(), "none yet");
    page.append("<p>");
    for (String link :
        List.of("/metrics", "/api/v1/status", "/api/v1/sessions", "/-/healthy", "/-/ready")) {
      page.append("<a href=\"").append(link).append("\">").append(link).append("</a> \n");
    }
    return page.append("</p>\n</body>\n</html>\n").toString();
  }

  private static void sessions(StringBuilder page, List<SessionSnapshot> sessions, String none) {
    if (sessions.isEmpty()) {
      page.append("<p>").append(none).append("</p>\n");
      return;
    }
    page.append("<table><tr><th class=\"n\">id</th><th class=\"n\">device</th><th>name</th>")
        .append("<th>layout</th><th>state</th><th class=\"n\">time</th>")
        .append("<th class=\"n\">collected</th><th class=\"n\">bytes</th>")
        .append("<th class=\"n\">dropped</th><th class=\"n\">unaccounted</th></tr>\n");
    sessions.forEach(session -> row(page, session));
    page.append("</table>\n");
  }

  private static void row(StringBuilder page, SessionSnapshot session) {
    KindTotals totals = Json.sum(session.kinds().values());
    long dropped = totals.droppedRecords().values().stream().mapToLong(Long::longValue).sum();
    page.append("<tr>");
    number(page, Integer.toString(session.id()), false);
    number(page, Integer.toString(session.device()), false);
    for (String text : List.of(session.name(), session.layout(), session.state())) {
      page.append("<td>").append(escape(text)).append("</td>");
    }
    number(page, Quantities.formatNanos(Math.round(session.durationSeconds() * 1e9)), false);
    number(page, String.format(Locale.ROOT, "%,d", totals.collectedRecords()), false);
    number(page, Quantities.formatBytes(totals.collectedBytes()), false);
    number(page, String.format(Locale.ROOT, "%,d", dropped), dropped != 0);
    long unaccounted = totals.unaccountedRecords();
    number(page, String.format(Locale.ROOT, "%,d", unaccounted), unaccounted != 0);
    page.append("</tr>\n");
  }

  private static void number(StringBuilder page, String text, boolean isBad) {
    page.append(isBad ? "<td class=\"n bad\">" : "<td class=\"n\">").append(text).append("</td>");
  }

  /** Session names come from clients. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
