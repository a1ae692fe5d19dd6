package dev.sluice.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules that every panel must follow, checked on the shipped JSON. */
class DashboardLintTest {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

  /** Grafana units in use; look up a new one there, do not guess. */
  private static final Set<String> UNITS =
      Set.of(
          "none", "short", "s", "bytes", "Bps", "recps", "cps", "percentunit", "dateTimeFromNow");

  private static Map<String, Object> json(Dashboard dashboard) throws IOException {
    return JSON.std.mapFrom(Deploy.read("grafana/dashboards/" + dashboard.uid() + ".json"));
  }

  private static List<Map<String, Object>> list(Object of) {
    return ((List<?>) of).stream().map(each -> Deploy.strings((Map<?, ?>) each)).toList();
  }

  private static Map<String, Object> map(Object of) {
    Map<?, ?> map = (Map<?, ?>) of;
    return new java.util.HashMap<>(
        map.entrySet().stream()
            .filter(entry -> entry.getValue() != null)
            .collect(
                java.util.stream.Collectors.toMap(
                    entry -> (String) entry.getKey(), Map.Entry::getValue)));
  }

  @Test
  void shouldHaveUniqueNumbersTitlesAndRoom() throws IOException {
    Set<Object> uids = new HashSet<>();
    Set<Object> ids = new HashSet<>();
    for (Dashboard dashboard : Dashboards.all()) {
      Map<String, Object> json = json(dashboard);
      assertTrue(uids.add(json.get("uid")));
      assertFalse(((String) json.get("description")).isBlank());
      assertEquals(List.of("sluice"), json.get("tags"));
      Set<Object> titles = new HashSet<>();
      Set<String> taken = new HashSet<>();
      for (Map<String, Object> panel : list(json.get("panels"))) {
        boolean isRow = panel.get("type").equals("row");
        assertTrue(isRow || ids.add(panel.get("id")), "panel id twice: " + panel.get("id"));
        assertTrue(titles.add(panel.get("title")), "title twice: " + panel.get("title"));
        Map<String, Object> place = map(panel.get("gridPos"));
        int x = (Integer) place.get("x");
        int y = (Integer) place.get("y");
        int width = (Integer) place.get("w");
        assertTrue(x + width <= 24, () -> panel.get("title") + " sticks out");
        for (int row = y; row < y + (Integer) place.get("h"); row++) {
          for (int column = x; column < x + width; column++) {
            assertTrue(taken.add(row + "," + column), () -> panel.get("title") + " overlaps");
          }
        }
      }
    }
  }

  /**
   * The required parts of Grafana's published schema; deploy/grafana/check-schema.mjs checks all of
   * it.
   */
  @Test
  void shouldHaveWhatTheSchemaOfGrafanaRequires() throws IOException {
    for (Dashboard dashboard : Dashboards.all()) {
      Map<String, Object> json = json(dashboard);
      for (Map<String, Object> link : list(json.get("links"))) {
        assertTrue(link.keySet().containsAll(Set.of("icon", "url", "tooltip", "targetBlank")));
      }
      for (Map<String, Object> panel : list(json.get("panels"))) {
        if (panel.get("type").equals("row")) {
          continue;
        }
        Map<String, Object> defaults = map(map(panel.get("fieldConfig")).get("defaults"));
        List<?> steps = (List<?>) map(defaults.get("thresholds")).get("steps");
        assertTrue(((Map<?, ?>) steps.get(0)).containsKey("value"), "" + panel.get("title"));
        if (panel.get("type").equals("timeseries")) {
          Map<String, Object> legend = map(map(panel.get("options")).get("legend"));
          assertTrue(legend.containsKey("calcs"), "" + panel.get("title"));
        }
      }
    }
  }

  @Test
  void shouldLetTheReaderChooseDataSourceJobAndHost() throws IOException {
    for (Dashboard dashboard : Dashboards.all()) {
      Map<String, Object> json = json(dashboard);
      List<Object> names =
          list(map(json.get("templating")).get("list")).stream()
              .map(variable -> variable.get("name"))
              .toList();
      assertEquals(List.of("datasource", "job", "instance"), names.subList(0, 3));
      assertEquals(1, list(json.get("links")).size(), "a way to the others");
      List<Map<String, Object>> annotations = list(map(json.get("annotations")).get("list"));
      assertFalse(annotations.isEmpty());
      annotations.forEach(each -> checkExpression((String) each.get("expr"), names));
    }
  }

  @Test
  void shouldExplainAndMeasureEveryPanel() throws IOException {
    for (Dashboard dashboard : Dashboards.all()) {
      Map<String, Object> json = json(dashboard);
      List<Object> variables =
          list(map(json.get("templating")).get("list")).stream()
              .map(variable -> variable.get("name"))
              .toList();
      for (Map<String, Object> panel : list(json.get("panels"))) {
        if (panel.get("type").equals("row")) {
          continue;
        }
        String title = (String) panel.get("title");
        String description = (String) panel.get("description");
        assertFalse(title.isBlank() || title.endsWith("."), title);
        assertTrue(description.endsWith(".") && !description.startsWith(title), description);
        assertEquals("${datasource}", map(panel.get("datasource")).get("uid"), title);
        Object unit = map(map(panel.get("fieldConfig")).get("defaults")).get("unit");
        assertTrue(UNITS.contains(unit), title + ": unit " + unit);
        List<Map<String, Object>> targets = list(panel.get("targets"));
        assertFalse(targets.isEmpty(), title);
        if (panel.get("type").equals("stat") && unit.equals("short")) {
          // Before the first session there is no series, and "No data" looks like a fault.
          assertTrue(targets.get(0).get("expr").toString().endsWith("or vector(0)"), title);
        }
        for (Map<String, Object> target : targets) {
          String expression = (String) target.get("expr");
          checkExpression(expression, variables);
          checkLegend((String) target.get("legendFormat"), expression);
        }
      }
    }
  }

  private static void checkExpression(String expression, List<Object> variables) {
    long selectors = expression.chars().filter(c -> c == '{').count();
    assertTrue(selectors > 0, expression);
    for (String matcher : List.of("job=~\"$job\"", "instance=~\"$instance\"")) {
      int at = 0;
      int count = 0;
      while ((at = expression.indexOf(matcher, at)) >= 0) {
        at++;
        count++;
      }
      assertEquals(selectors, count, () -> "not everywhere " + matcher + ": " + expression);
    }
    if (expression.contains("rate(")) {
      assertTrue(expression.contains("[$__rate_interval]"), expression);
    }
    // One hour is a deliberate choice; any shorter window must follow the scrape interval.
    for (String window : expression.split("\\[", -1)) {
      assertTrue(
          window.equals(expression.split("\\[", -1)[0])
              || window.startsWith("$__rate_interval]")
              || window.startsWith("1h]"),
          expression);
    }
    var variable = Pattern.compile("\\$(?!__)(\\w+)").matcher(expression);
    while (variable.find()) {
      assertTrue(variables.contains(variable.group(1)), "no variable " + variable.group());
    }
  }

  /** A legend label that the query aggregates away would be empty. */
  private static void checkLegend(String legend, String expression) {
    assertFalse(legend.isBlank(), expression);
    var name = PLACEHOLDER.matcher(legend);
    while (name.find()) {
      assertTrue(
          Pattern.compile("by \\([^)]*\\b" + name.group(1) + "\\b").matcher(expression).find(),
          legend + " of " + expression);
    }
  }

  @Test
  void shouldUseOnlyMetricsThatExist() throws IOException {
    Set<String> unknown = new TreeSet<>();
    for (Dashboard dashboard : Dashboards.all()) {
      Stream<String> expressions =
          Stream.concat(
              dashboard.panels().stream()
                  .flatMap(panel -> panel.targets().stream())
                  .map(Panel.Target::expr),
              Dashboards.ANNOTATIONS.stream().map(Dashboards.Annotation::expr));
      expressions.map(Deploy::metricsIn).forEach(unknown::addAll);
    }
    assertTrue(unknown.size() > 20, "the pattern finds metrics");
    unknown.removeAll(Deploy.exportedNames());
    assertEquals(Set.of(), unknown);
  }
}
