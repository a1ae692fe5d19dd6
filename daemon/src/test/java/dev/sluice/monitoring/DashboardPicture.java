package dev.sluice.monitoring;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Renders a dashboard without Grafana: layout from its JSON, data from a Prometheus, screenshot by
 * a headless Chromium. For human review; similar to Grafana, not identical.
 */
public final class DashboardPicture {
  private static final int WIDTH = 1280;
  private static final int ROW_PIXELS = 30;
  private static final int HEADER_PIXELS = 64;

  private DashboardPicture() {}

  /** Writes a self-contained page into a folder. */
  public static Path page(Path folder, Dashboard dashboard, Map<String, Object> data)
      throws IOException {
    String template;
    try (InputStream file = DashboardPicture.class.getResourceAsStream("panels.html")) {
      template = new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
    String page =
        template
            .replace("/*DASHBOARD*/", GrafanaJson.render(dashboard))
            .replace("/*DATA*/", JSON.std.asString(data));
    return Files.writeString(folder.resolve(dashboard.uid() + ".html"), page);
  }

  /** Takes a screenshot of a page; returns false if no Chromium is installed. */
  public static boolean photograph(Path page, Dashboard dashboard, Path picture) throws Exception {
    Optional<Path> chromium = Deploy.program("chromium", "chromium-browser", "google-chrome");
    if (chromium.isEmpty()) {
      return false;
    }
    Path profile = Files.createTempDirectory("sluice-chromium-");
    Path log = Files.createTempFile("sluice-chromium-", ".log");
    try {
      Process process =
          new ProcessBuilder(
                  chromium.get().toString(),
                  "--headless",
                  "--no-sandbox",
                  "--disable-gpu",
                  "--disable-dev-shm-usage",
                  "--hide-scrollbars",
                  "--user-data-dir=" + profile,
                  "--window-size=" + WIDTH + "," + height(dashboard),
                  "--screenshot=" + picture,
                  page.toUri().toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
          throw new IOException("chromium failed: " + Files.readString(log));
        }
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
    } finally {
      deleteAll(profile);
      Files.delete(log);
    }
    return true;
  }

  private static int height(Dashboard dashboard) throws IOException {
    Map<String, Object> json = JSON.std.mapFrom(GrafanaJson.render(dashboard));
    int rows = 0;
    for (Object panel : (List<?>) json.get("panels")) {
      Map<?, ?> place = (Map<?, ?>) ((Map<?, ?>) panel).get("gridPos");
      rows = Math.max(rows, (Integer) place.get("y") + (Integer) place.get("h"));
    }
    return rows * ROW_PIXELS + HEADER_PIXELS;
  }

  private static void deleteAll(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
