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

/** Asks a Prometheus what the panels of a dashboard ask it, as Grafana would with "All" chosen. */
public final class DashboardData {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");
  private static final Pattern VARIABLE = Pattern.compile("\\$(job|instance|device)\\b");

  private final HttpClient http = HttpClient.newHttpClient();
  private final String prometheus;
  private final int rateSeconds;
  private final int hourSeconds;

  /**
   * @param prometheus its address, e.g. {@code http://127.0.0.1:9090}
   * @param rateSeconds what {@code $__rate_interval} is
   * @param hourSeconds what stands for the hour that some panels look back
   */
  public DashboardData(String prometheus, int rateSeconds, int hourSeconds) {
    this.prometheus = prometheus;
    this.rateSeconds = rateSeconds;
    this.hourSeconds = hourSeconds;
  }

  /** One answer of {@code /api/v1/...}: its {@code data}; an error is an exception. */
  public Object get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(prometheus + path)).build();
    Map<String, Object> answer =
        JSON.std.mapFrom(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    if (!"success".equals(answer.get("status"))) {
      throw new IOException(path + ": " + answer);
    }
    return answer.get("data");
  }

  /** The series of an expression at this moment. */
  public List<Map<String, Object>> query(String expression)
      throws IOException, InterruptedException {
    return series(get("/api/v1/query?query=" + encoded(expression)));
  }

  /** The series of an expression over the last seconds. */
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

  /** An expression with everything chosen and with the intervals of this place. */
  public String concrete(String expression) {
    return VARIABLE
        .matcher(expression)
        .replaceAll(".+")
        .replace("$__rate_interval", rateSeconds + "s")
        .replace("[1h]", "[" + hourSeconds + "s]");
  }

  /**
   * What each panel shows: by panel id a list of series, each with its name and values.
   *
   * @param empty gets the expressions that returned nothing
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
