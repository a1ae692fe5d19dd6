package dev.sluice.monitoring;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Renders a dashboard as JSON for Grafana 9 and later; deterministic. */
public final class GrafanaJson {
  private static final int COLUMNS = 24;
  private static final int SCHEMA_VERSION = 38;
  private static final Map<String, Object> DATA_SOURCE =
      map("type", "prometheus", "uid", "${datasource}");

  private GrafanaJson() {}

  public static String render(Dashboard dashboard) {
    try {
      // Grafana's schema requires null as the value of a threshold's first step.
      return JSON.std
              .with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES)
              .asString(tree(dashboard))
          + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Object> tree(Dashboard dashboard) {
    return map(
        "uid",
        dashboard.uid(),
        "title",
        dashboard.title(),
        "description",
        dashboard.description(),
        "tags",
        List.of("sluice"),
        "schemaVersion",
        SCHEMA_VERSION,
        "version",
        1,
        "editable",
        true,
        "graphTooltip",
        1,
        "refresh",
        "15s",
        "timezone",
        "browser",
        "time",
        map("from", "now-1h", "to", "now"),
        "links",
        List.of(links()),
        "annotations",
        map("list", annotations()),
        "templating",
        map("list", variables(dashboard)),
        "panels",
        panels(dashboard));
  }

  private static Map<String, Object> links() {
    return map(
        "type",
        "dashboards",
        "title",
        "Sluice",
        "icon",
        "external link",
        "tooltip",
        "",
        "url",
        "",
        "targetBlank",
        false,
        "tags",
        List.of("sluice"),
        "asDropdown",
        true,
        "includeVars",
        true,
        "keepTime",
        true);
  }

  private static List<Object> annotations() {
    List<Object> list = new ArrayList<>();
    Dashboards.ANNOTATIONS.forEach(
        annotation ->
            list.add(
                map(
                    "name",
                    annotation.name(),
                    "datasource",
                    DATA_SOURCE,
                    "enable",
                    true,
                    "iconColor",
                    annotation.colour(),
                    "expr",
                    annotation.expr(),
                    "step",
                    "15s",
                    "titleFormat",
                    annotation.name(),
                    "textFormat",
                    annotation.text())));
    return list;
  }

  private static List<Object> variables(Dashboard dashboard) {
    List<Object> list = new ArrayList<>();
    list.add(
        map(
            "name",
            "datasource",
            "label",
            "Data source",
            "type",
            "datasource",
            "query",
            "prometheus"));
    list.add(variable("job", "Job", "label_values(sluice_build_info, job)"));
    list.add(
        variable("instance", "Host", "label_values(sluice_build_info{job=~\"$job\"}, instance)"));
    for (Dashboard.Variable variable : dashboard.variables()) {
      list.add(
          variable(
              variable.name(),
              variable.label(),
              "label_values("
                  + variable.metric()
                  + "{"
                  + variable.matchers()
                  + "}, "
                  + variable.name()
                  + ")"));
    }
    return list;
  }

  private static Map<String, Object> variable(String name, String label, String query) {
    return map(
        "name",
        name,
        "label",
        label,
        "type",
        "query",
        "datasource",
        DATA_SOURCE,
        "query",
        map("query", query, "refId", name),
        "definition",
        query,
        "refresh",
        2,
        "sort",
        3,
        "multi",
        true,
        "includeAll",
        true,
        "allValue",
        ".+",
        "current",
        map("selected", true, "text", List.of("All"), "value", List.of("$__all")));
  }

  private static List<Object> panels(Dashboard dashboard) {
    List<Object> list = new ArrayList<>();
    int y = 0;
    // Row ids stay apart from panel ids, which alerts link to.
    int rowId = 9_000;
    for (Dashboard.Row row : dashboard.rows()) {
      list.add(
          map(
              "id",
              rowId++,
              "type",
              "row",
              "title",
              row.title(),
              "collapsed",
              false,
              "gridPos",
              map("x", 0, "y", y, "w", COLUMNS, "h", 1),
              "panels",
              List.of()));
      y++;
      int x = 0;
      for (Panel panel : row.panels()) {
        if (x + panel.width() > COLUMNS) {
          x = 0;
          y += Panel.HEIGHT;
        }
        list.add(panel(panel, map("x", x, "y", y, "w", panel.width(), "h", Panel.HEIGHT)));
        x += panel.width();
      }
      y += Panel.HEIGHT;
    }
    return list;
  }

  private static Map<String, Object> panel(Panel panel, Map<String, Object> place) {
    List<Object> targets = new ArrayList<>();
    for (int i = 0; i < panel.targets().size(); i++) {
      Panel.Target target = panel.targets().get(i);
      targets.add(
          map(
              "refId",
              String.valueOf((char) ('A' + i)),
              "datasource",
              DATA_SOURCE,
              "expr",
              target.expr(),
              "legendFormat",
              target.legend(),
              "range",
              panel.type() == Panel.Type.TIMESERIES,
              "instant",
              panel.type() == Panel.Type.STAT));
    }
    return map(
        "id",
        panel.id(),
        "type",
        panel.type().grafanaName(),
        "title",
        panel.title(),
        "description",
        panel.description(),
        "datasource",
        DATA_SOURCE,
        "gridPos",
        place,
        "fieldConfig",
        map("defaults", defaults(panel), "overrides", List.of()),
        "options",
        options(panel),
        "targets",
        targets);
  }

  private static Map<String, Object> defaults(Panel panel) {
    List<Object> steps = new ArrayList<>();
    steps.add(map("color", "green", "value", null));
    List<Double> thresholds = panel.thresholds();
    for (int i = 0; i < thresholds.size(); i++) {
      boolean isLast = i == thresholds.size() - 1;
      steps.add(map("color", isLast ? "red" : "orange", "value", thresholds.get(i)));
    }
    Map<String, Object> defaults =
        map(
            "unit",
            panel.unit(),
            "noValue",
            "none yet",
            "thresholds",
            map("mode", "absolute", "steps", steps),
            "color",
            map("mode", panel.type() == Panel.Type.STAT ? "thresholds" : "palette-classic"));
    if (!panel.isLogarithmic()) {
      defaults.put("min", 0); // a log scale has no 0
    }
    if (panel.type() == Panel.Type.TIMESERIES) {
      defaults.put(
          "custom",
          map(
              "scaleDistribution",
              panel.isLogarithmic() ? map("type", "log", "log", 10) : map("type", "linear"),
              "lineWidth",
              1,
              "fillOpacity",
              panel.isStacked() ? 40 : 8,
              "showPoints",
              "never",
              "stacking",
              map("mode", panel.isStacked() ? "normal" : "none", "group", "A"),
              "thresholdsStyle",
              map("mode", thresholds.isEmpty() ? "off" : "dashed")));
    }
    return defaults;
  }

  private static Map<String, Object> options(Panel panel) {
    if (panel.type() == Panel.Type.STAT) {
      return map(
          "colorMode",
          "background",
          "graphMode",
          "none",
          "textMode",
          "auto",
          "reduceOptions",
          map("calcs", List.of("lastNotNull"), "fields", "", "values", false));
    }
    return map(
        "legend",
        map("calcs", List.of(), "displayMode", "list", "placement", "bottom", "showLegend", true),
        "tooltip",
        map("mode", "multi", "sort", "desc"));
  }

  private static Map<String, Object> map(Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }
}
