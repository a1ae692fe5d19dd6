package dev.sluice.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that deploy/grafana/dashboards is what this package's code generates. */
class DashboardDocTest {
  @Test
  void shouldBeWhatTheCodeMakes() throws IOException {
    for (Dashboard dashboard : Dashboards.all()) {
      Path file = Deploy.path("grafana/dashboards/" + dashboard.uid() + ".json");
      String expected = GrafanaJson.render(dashboard);
      if (Boolean.getBoolean("sluice.docs.write")) {
        Files.createDirectories(file.getParent());
        Files.writeString(file, expected);
      }
      assertEquals(
          expected,
          Files.exists(file) ? Files.readString(file) : "",
          file.getFileName()
              + " is generated and out of date; regenerate it with -Dsluice.docs.write=true");
      assertEquals(expected, GrafanaJson.render(dashboard), "the same text each time");
    }
  }

  @Test
  void shouldBeAllThatIsThere() throws IOException {
    Set<String> made =
        Dashboards.all().stream()
            .map(dashboard -> dashboard.uid() + ".json")
            .collect(Collectors.toSet());
    try (Stream<Path> files = Files.list(Deploy.path("grafana/dashboards"))) {
      assertEquals(
          made, files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
  }
}
