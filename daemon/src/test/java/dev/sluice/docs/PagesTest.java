package dev.sluice.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.config.ConfigKey;
import dev.sluice.config.ConfigKeys;
import dev.sluice.config.DeviceKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks every page under docs/: its links resolve, and the things it names exist. */
class PagesTest {
  private static final Path DOCS = Path.of(System.getProperty("basedir", "."), "..", "docs");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);
  private static final Pattern CODE_BLOCK =
      Pattern.compile("^```.*?^```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern METRIC = Pattern.compile("`(sluice_[a-z_]+)(?:\\{[^}]*\\})?`");
  private static final Pattern KEY = Pattern.compile("`(sluice\\.[a-z][a-z0-9.-]*)[ `]");

  @Test
  void shouldLinkToPagesAndHeadingsThatExist() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Map.Entry<Path, String> page : pages().entrySet()) {
      Matcher link = LINK.matcher(CODE_BLOCK.matcher(page.getValue()).replaceAll(""));
      while (link.find()) {
        if (!link.group(1).contains("://") && !leadsSomewhere(page.getKey(), link.group(1))) {
          broken.add(DOCS.relativize(page.getKey()) + ": " + link.group(1));
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  private static boolean leadsSomewhere(Path page, String target) throws IOException {
    int hash = target.indexOf('#');
    String file = hash < 0 ? target : target.substring(0, hash);
    Path to = file.isEmpty() ? page : page.resolveSibling(file);
    return Files.exists(to)
        && (hash < 0 || anchors(Files.readString(to)).contains(target.substring(hash + 1)));
  }

  private static List<String> anchors(String page) {
    return HEADING
        .matcher(CODE_BLOCK.matcher(page).replaceAll(""))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .toList();
  }

  @Test
  void shouldNameConfigurationKeysThatExist() throws IOException {
    List<String> keys = ConfigKeys.all().stream().map(ConfigKey::path).toList();
    List<String> unknown = new ArrayList<>();
    for (Map.Entry<Path, String> page : pages().entrySet()) {
      Matcher key = KEY.matcher(page.getValue());
      while (key.find()) {
        if (!keys.contains(key.group(1))
            && !DeviceKeys.isKey(key.group(1))
            && !isFile(key.group(1))) {
          unknown.add(DOCS.relativize(page.getKey()) + ": " + key.group(1));
        }
      }
    }
    assertEquals(List.of(), unknown);
  }

  private static boolean isFile(String name) {
    return name.endsWith(".conf") || name.endsWith(".service");
  }

  @Test
  void shouldNameCodeThatExists() throws IOException {
    for (Map.Entry<Path, String> page : pages().entrySet()) {
      // A decision record names the code of its time, and rejected alternatives.
      if (!page.getKey().startsWith(DOCS.resolve("adr"))) {
        assertEquals(List.of(), NamedCode.unknown(page.getValue()), () -> page.getKey().toString());
      }
    }
  }

  @Test
  void shouldNameMetricsThatExist() throws IOException {
    String declared =
        Files.readString(
            DOCS.resolve("../daemon/src/main/java/dev/sluice/service/metrics/Metric.java"));
    List<String> unknown = new ArrayList<>();
    for (Map.Entry<Path, String> page : pages().entrySet()) {
      Matcher metric = METRIC.matcher(page.getValue());
      while (metric.find()) {
        // A decision record uses the names of its time.
        if (!page.getKey().startsWith(DOCS.resolve("adr"))
            && !declared.contains('"' + metric.group(1) + '"')) {
          unknown.add(DOCS.relativize(page.getKey()) + ": " + metric.group(1));
        }
      }
    }
    assertEquals(List.of(), unknown);
  }

  private static Map<Path, String> pages() throws IOException {
    Map<Path, String> pages = new TreeMap<>();
    try (Stream<Path> files = Files.walk(DOCS)) {
      files
          .filter(file -> file.toString().endsWith(".md"))
          .forEach(file -> pages.put(file, readString(file)));
    }
    return pages;
  }

  private static String readString(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
