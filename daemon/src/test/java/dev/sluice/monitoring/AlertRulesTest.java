package dev.sluice.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.docs.GeneratedDoc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alert rules: their texts, their links, and when they fire. */
class AlertRulesTest {
  private static final String ALERTS = "sluice-alerts.yml";
  private static final String DETACHED = "optional/sluice-detached.yml";
  private static final String RECORDING = "sluice-recording.yml";
  private static final Pattern LINK =
      Pattern.compile("https://grafana\\.example/d/([\\w-]+)\\?viewPanel=(\\d+)&.*");

  /** The default alerts and the optional one. */
  private static List<Map<String, Object>> alerts() {
    List<Map<String, Object>> all = new ArrayList<>(Deploy.rules(ALERTS));
    all.addAll(Deploy.rules(DETACHED));
    return all;
  }

  private static Map<String, Object> annotations(Map<String, Object> alert) {
    return Deploy.strings((Map<?, ?>) alert.get("annotations"));
  }

  @Test
  void shouldSayHowBadAndWhatWithNumbers() {
    for (Map<String, Object> alert : alerts()) {
      String name = (String) alert.get("alert");
      assertTrue(name.startsWith("Sluice"), name);
      Object severity = ((Map<?, ?>) alert.get("labels")).get("severity");
      assertTrue(Set.of("critical", "warning", "info").contains(severity), name);
      Map<String, Object> annotations = annotations(alert);
      assertEquals(
          Set.of("summary", "description", "runbook_url", "dashboard_url"), annotations.keySet());
      String summary = (String) annotations.get("summary");
      assertTrue(summary.endsWith(".") && !summary.contains("{{"), name);
      String description = (String) annotations.get("description");
      // Alerts on a state do not show a value.
      if (!Set.of(
              "SluiceDown", "SluiceDeviceDown", "SluiceDeviceDetached", "SluiceConfigReloadFailed")
          .contains(name)) {
        assertTrue(description.contains("{{ $value"), name);
      }
      assertTrue(description.contains("$labels.instance"), name + " must say on which host it is");
    }
  }

  @Test
  void shouldLeadToASectionOfTheRunbookThatHelps() {
    String runbook = GeneratedDoc.read("runbook.md");
    for (Map<String, Object> alert : alerts()) {
      String name = (String) alert.get("alert");
      assertEquals(
          "https://sluice.example/docs/runbook.md#" + name.toLowerCase(Locale.ROOT),
          annotations(alert).get("runbook_url"));
      Matcher section =
          Pattern.compile("^## " + name + "$(.*?)(?=^## |\\z)", Pattern.MULTILINE | Pattern.DOTALL)
              .matcher(runbook);
      assertTrue(section.find(), "docs/runbook.md has no section " + name);
      for (String part : List.of("**Means.**", "**Confirm.**", "**Do.**")) {
        assertTrue(section.group(1).contains(part), name + " has no part " + part);
      }
      assertTrue(section.group(1).contains("```"), name + " has no command");
    }
  }

  @Test
  void shouldLeadToAPanelThatShowsTheMetric() {
    for (Map<String, Object> alert : alerts()) {
      String name = (String) alert.get("alert");
      Matcher link = LINK.matcher((String) annotations(alert).get("dashboard_url"));
      assertTrue(link.matches(), name);
      Panel panel =
          Dashboards.all().stream()
              .filter(dashboard -> dashboard.uid().equals(link.group(1)))
              .flatMap(dashboard -> dashboard.panels().stream())
              .filter(each -> each.id() == Integer.parseInt(link.group(2)))
              .findFirst()
              .orElseThrow(() -> new AssertionError(name + " leads to no panel"));
      Set<String> shown = new TreeSet<>();
      panel.targets().forEach(target -> shown.addAll(Deploy.metricsIn(target.expr())));
      if (panel.targets().stream().anyMatch(target -> target.expr().contains("up{"))) {
        shown.add("up");
      }
      Set<String> meant = new TreeSet<>(metricsOf((String) alert.get("expr")));
      meant.retainAll(shown);
      assertTrue(!meant.isEmpty(), name + " leads to a panel of " + shown);
    }
  }

  /** Includes the metrics of the recording rules it uses. */
  private static Set<String> metricsOf(String expression) {
    Set<String> metrics = new TreeSet<>(Deploy.metricsIn(expression));
    if (expression.contains("up{")) {
      metrics.add("up");
    }
    for (String name : Deploy.recordedIn(expression)) {
      metrics.addAll(metricsOf(recorded().get(name)));
    }
    return metrics;
  }

  private static Map<String, String> recorded() {
    return Deploy.rules(RECORDING).stream()
        .collect(
            Collectors.toMap(
                rule -> (String) rule.get("record"), rule -> (String) rule.get("expr")));
  }

  @Test
  void shouldUseOnlyWhatExists() throws IOException {
    Set<String> metrics = new TreeSet<>();
    Set<String> recorded = new TreeSet<>();
    for (String file : List.of(ALERTS, DETACHED, RECORDING)) {
      for (Map<String, Object> rule : Deploy.rules(file)) {
        metrics.addAll(Deploy.metricsIn((String) rule.get("expr")));
        recorded.addAll(Deploy.recordedIn((String) rule.get("expr")));
      }
    }
    assertTrue(metrics.size() > 10, "the pattern finds metrics");
    metrics.removeAll(Deploy.exportedNames());
    assertEquals(Set.of(), metrics);
    recorded.removeAll(recorded().keySet());
    assertEquals(Set.of(), recorded);
  }

  @Test
  void shouldTestEveryAlertForFiringAndForNot() {
    String tests = Deploy.read("prometheus/tests/sluice-alerts.test.yml");
    for (Map<String, Object> alert : alerts()) {
      String of = "alertname=\"" + alert.get("alert") + "\"";
      assertTrue(
          Pattern.compile(Pattern.quote(of) + "}\\)\\n +eval_time: \\w+\\n +exp_samples: \\[]")
              .matcher(tests)
              .find(),
          "nothing tests that it does not fire: " + of);
      assertTrue(tests.contains("labels: '{" + of), "nothing tests that it fires: " + of);
    }
  }

  @Test
  void shouldPassPromtool(@TempDir Path directory) throws Exception {
    Optional<Path> promtool = Deploy.program("promtool");
    Assumptions.assumeTrue(
        promtool.isPresent(), "promtool is not installed (Debian package prometheus); not checked");
    String program = promtool.get().toString();
    run(directory, program, "check", "config", Deploy.path("prometheus/prometheus.yml").toString());
    List<String> rules = new ArrayList<>(List.of(program, "check", "rules"));
    rules.addAll(files("prometheus/rules"));
    rules.addAll(files("prometheus/rules/optional"));
    run(directory, rules.toArray(String[]::new));
    List<String> tests = new ArrayList<>(List.of(program, "test", "rules"));
    tests.addAll(files("prometheus/tests"));
    run(directory, tests.toArray(String[]::new));
    Optional<Path> amtool = Deploy.program("amtool");
    if (amtool.isPresent()) {
      run(
          directory,
          amtool.get().toString(),
          "check-config",
          Deploy.path("alertmanager/alertmanager.yml").toString());
    }
  }

  private static List<String> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(Deploy.path(folder))) {
      return files.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
    }
  }

  private static void run(Path directory, String... command) throws Exception {
    Path output = directory.resolve("out.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), String.join(" ", command));
    assertEquals(0, process.exitValue(), Files.readString(output));
  }
}
