package dev.sluice.monitoring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads the files under deploy/, and the metric names that the daemon exports. */
public final class Deploy {
  private static final Path ROOT =
      Path.of(System.getProperty("basedir", "."), "..", "deploy").normalize();

  private static final Path GOLDEN =
      Path.of(
          System.getProperty("basedir", "."),
          "src/test/resources/dev/sluice/service/metrics/scrape.txt");

  /** JVM and process metrics used by rules and panels; ScrapeTextTest checks that they exist. */
  public static final Set<String> PROCESS_METRICS =
      Set.of(
          "process_start_time_seconds",
          "process_cpu_seconds_total",
          "process_open_fds",
          "process_max_fds",
          "process_resident_memory_bytes",
          "jvm_memory_used_bytes",
          "jvm_memory_committed_bytes");

  /** Matches metrics in queries, but not inside the names of recording rules. */
  private static final Pattern METRIC =
      Pattern.compile("(?<![:a-z_])((?:sluice|jvm|process)_[a-z0-9_]+)(?![a-z0-9_:])");

  private static final Pattern RECORDED = Pattern.compile("[a-z_]+:sluice_[a-z_]+:[a-z0-9_]+");

  private Deploy() {}

  /** Returns a file or folder under deploy/. */
  public static Path path(String relative) {
    return ROOT.resolve(relative);
  }

  static String read(String relative) {
    try {
      return Files.readString(path(relative));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the rules of a file with a single group. */
  static List<Map<String, Object>> rules(String file) {
    Map<String, Object> root = yaml(read("prometheus/rules/" + file));
    List<Map<String, Object>> rules = new ArrayList<>();
    for (Object group : (List<?>) root.get("groups")) {
      for (Object rule : (List<?>) ((Map<?, ?>) group).get("rules")) {
        rules.add(strings((Map<?, ?>) rule));
      }
    }
    return rules;
  }

  static Map<String, Object> yaml(String text) {
    return strings(new Yaml(new SafeConstructor(new LoaderOptions())).<Map<?, ?>>load(text));
  }

  static Map<String, Object> strings(Map<?, ?> map) {
    return map.entrySet().stream()
        .collect(Collectors.toMap(entry -> (String) entry.getKey(), Map.Entry::getValue));
  }

  /** Returns the daemon's metrics that an expression names. */
  static Set<String> metricsIn(String expression) {
    return matches(METRIC, expression);
  }

  /** Returns the recording rules that an expression names. */
  static Set<String> recordedIn(String expression) {
    return matches(RECORDED, expression);
  }

  private static Set<String> matches(Pattern pattern, String text) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group());
    }
    return found;
  }

  /** Returns the name of every sample that the daemon exports with default settings. */
  static Set<String> exportedNames() throws IOException {
    Set<String> names =
        Files.readAllLines(GOLDEN).stream()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.split("[{ ]", 2)[0])
            .collect(Collectors.toCollection(TreeSet::new));
    // A native histogram is exported under its family name.
    Files.readAllLines(GOLDEN).stream()
        .filter(line -> line.startsWith("# TYPE ") && line.endsWith(" histogram"))
        .forEach(line -> names.add(line.split(" ", -1)[2]));
    names.addAll(PROCESS_METRICS);
    return names;
  }

  /** Finds an installed program by the first of its names on the path. */
  public static Optional<Path> program(String... names) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .flatMap(folder -> Arrays.stream(names).map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
