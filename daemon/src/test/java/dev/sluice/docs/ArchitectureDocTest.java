package dev.sluice.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.DropCause;
import dev.sluice.config.ThreadingMode;
import dev.sluice.device.BufferState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureDocTest {
  private static final Path SOURCES =
      Path.of(System.getProperty("basedir", "."), "src/main/java/dev/sluice");
  private static final Pattern IMPORT =
      Pattern.compile("^import (?:static )?dev\\.sluice\\.([a-z.]+)\\.[A-Z]", Pattern.MULTILINE);
  private static final Pattern PACKAGE_ROW =
      Pattern.compile("^\\| `([a-z.]+)` \\|[^|]*\\|([^|]*)\\|$", Pattern.MULTILINE);
  private static final Pattern DRAWN = Pattern.compile("(?<![\\w.])[a-z]+(\\.[a-z]+)*(?![\\w.:])");
  private static final Pattern NAME = Pattern.compile("`([a-z.]+)`");

  private final String page = GeneratedDoc.read("architecture.md");

  @Test
  void shouldListEveryPackageWithWhatItImports() throws IOException {
    Map<String, Set<String>> inCode = importsByPackage();
    Map<String, Set<String>> inTable = new TreeMap<>();
    Matcher row = PACKAGE_ROW.matcher(section("## Packages"));
    while (row.find()) {
      inTable.put(
          row.group(1),
          NAME.matcher(row.group(2))
              .results()
              .map(name -> name.group(1))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
    assertEquals(inCode, inTable, "the table of packages in docs/architecture.md and the code");
  }

  /** Each line of the drawing may import only from itself and the lines below. */
  @Test
  void shouldDrawPackagesAboveWhatTheyImport() throws IOException {
    Map<String, Set<String>> inCode = importsByPackage();
    inCode.putIfAbsent("bridge", Set.of());
    inCode.putIfAbsent("bridge.cann", Set.of("bridge"));
    Map<String, Integer> lines = new TreeMap<>();
    List<String> drawing = section("## Packages").split("```", -1)[1].lines().toList();
    for (int line = 0; line < drawing.size(); line++) {
      Matcher name = DRAWN.matcher(drawing.get(line));
      while (name.find()) {
        if (inCode.containsKey(name.group())) {
          assertNull(lines.put(name.group(), line), () -> name.group() + " is drawn twice");
        }
      }
    }
    assertEquals(inCode.keySet(), lines.keySet(), "what is drawn");
    inCode.forEach(
        (name, imports) ->
            imports.forEach(
                imported ->
                    assertTrue(
                        lines.get(imported) >= lines.get(name),
                        () -> name + " imports " + imported + ", which is drawn above it")));
  }

  private static Map<String, Set<String>> importsByPackage() throws IOException {
    Map<String, Set<String>> imports = new TreeMap<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(SOURCES)) {
      files = walk.filter(file -> file.toString().endsWith(".java")).toList();
    }
    for (Path file : files) {
      String own = SOURCES.relativize(file.getParent()).toString().replace('/', '.');
      if (own.isEmpty()) {
        continue; // the composition root may import everything
      }
      Set<String> all = imports.computeIfAbsent(own, name -> new TreeSet<>());
      Matcher found = IMPORT.matcher(Files.readString(file));
      while (found.find()) {
        if (!found.group(1).equals(own)) {
          all.add(found.group(1));
        }
      }
    }
    return imports;
  }

  @Test
  void shouldExplainEveryCauseOfADrop() {
    for (DropCause cause : DropCause.ALL) {
      assertTrue(page.contains("| `" + cause.label() + "` |"), cause.label());
    }
  }

  @Test
  void shouldNameEveryStateOfABuffer() {
    for (BufferState state : BufferState.ALL) {
      assertTrue(page.contains(state.name()), state.name());
    }
  }

  @Test
  void shouldNameEveryThreadingMode() {
    String threads = GeneratedDoc.read("threads.md");
    for (ThreadingMode mode : ThreadingMode.values()) {
      String name = mode.name().toLowerCase(Locale.ROOT);
      assertTrue(threads.contains("| `" + name + "` |"), name);
    }
  }

  private String section(String heading) {
    int start = page.indexOf(heading + "\n");
    assertTrue(start >= 0, () -> "no section " + heading);
    int end = page.indexOf("\n## ", start + 1);
    return page.substring(start, end < 0 ? page.length() : end);
  }
}
