package dev.sluice.monitoring;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends a dashboard's queries to a Prometheus, like Grafana with "All" selected. */
public final class DashboardData {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");
  private static final Pattern VARIABLE = Pattern.compile("\\$(job|instance|device)\\b");

  private final HttpClient http = HttpClient.newHttpClient();
  private final String prometheus;
  private final int rateSeconds;
  private final int hourSeconds;

  /**
   * @param prometheus its address, e.g. {@code http://127.0.0.1:9090}
   * @param rateSeconds value of {@code $__rate_interval}
   * @param hourSeconds replaces the hour that some panels look back
   */
  public DashboardData(String prometheus, int rateSeconds, int hourSeconds) {
    this.prometheus = prometheus;
    this.rateSeconds = rateSeconds;
    this.hourSeconds = hourSeconds;
  }

  /** Returns the {@code data} of one {@code /api/v1/...} response; throws on an error. */
  public Object get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(prometheus + path)).build();
    Map<String, Object> answer =
        JSON.std.mapFrom(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    if (!"success".equals(answer.get("status"))) {
      throw new IOException(path + ": " + answer);
    }
    return answer.get("data");
  }

  /** Returns the current series of an expression. */
  public List<Map<String, Object>> query(String expression)
      throws IOException, InterruptedException {
    return series(get("/api/v1/query?query=" + encoded(expression)));
  }

  /** Returns the series of an expression over the last seconds. */
  public List<Map<String, Object>> range(String expression, int seconds)
      throws IOException, InterruptedException {
    long end = System.currentTimeMillis() / 1000;
    String path =
        "/api/v1/query_range?query=%s&start=%d&end=%d&step=1"
            .formatted(encoded(expression), end - seconds, end);
    return series(get(path));
  }

  private static List<Map<String, Object>> series(Object data) {
    List<Map<String, Object>> series = new ArrayList<>();
    Object result = Deploy.strings((Map<?, ?>) data).get("result");
    for (Object each : (List<?>) result) {
      series.add(Deploy.strings((Map<?, ?>) each));
    }
    return series;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Substitutes the variables of an expression with "All" and this instance's intervals. */
  public String concrete(String expression) {
    return VARIABLE
        .matcher(expression)
        .replaceAll(".+")
        .replace("$__rate_interval", rateSeconds + "s")
        .replace("[1h]", "[" + hourSeconds + "s]");
  }

  /**
   * Returns the series of each panel by panel id, with names and values.
   *
   * @param empty collects expressions that returned nothing
   */
  public Map<String, Object> of(Dashboard dashboard, int seconds, List<String> empty)
      throws IOException, InterruptedException {
    Map<String, Object> panels = new LinkedHashMap<>();
    for (Panel panel : dashboard.panels()) {
      List<Object> shown = new ArrayList<>();
      for (Panel.Target target : panel.targets()) {
        List<Map<String, Object>> found = range(concrete(target.expr()), seconds);
        if (found.isEmpty()) {
          empty.add(dashboard.uid() + " " + panel.id() + ": " + target.expr());
        }
        for (Map<String, Object> series : found) {
          Map<String, Object> named = new LinkedHashMap<>();
          named.put("name", name(target.legend(), (Map<?, ?>) series.get("metric")));
          named.put("values", series.get("values"));
          shown.add(named);
        }
      }
      panels.put(String.valueOf(panel.id()), shown);
    }
    return panels;
  }

  private static String name(String legend, Map<?, ?> labels) {
    return PLACEHOLDER
        .matcher(legend)
        .replaceAll(
            found -> {
              Object value = labels.get(found.group(1));
              return Matcher.quoteReplacement(value == null ? "" : value.toString());
            });
  }
}
