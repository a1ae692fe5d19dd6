package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The launcher's JVM options must be valid, without warnings, on the JVM that runs the tests. */
class JvmOptionsTest {
  private static final Path FILE = Path.of("..", "config", "jvm.options");

  @Test
  void shouldBeAcceptedWithoutAWarning() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(optionsFor(Runtime.version().feature()));
    command.add("-version");
    Process process = new ProcessBuilder(command).start();
    process.getOutputStream().close();
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), errors);
    assertEquals("", output, "standard output belongs to --json");
    assertTrue(
        errors.lines().noneMatch(line -> line.toLowerCase(Locale.ROOT).contains("warn")), errors);
  }

  @Test
  void shouldReadRangesAsTheLauncherDoes() throws IOException {
    assertTrue(optionsFor(17).contains("-Dfile.encoding=UTF-8"));
    assertTrue(optionsFor(21).contains("-XX:+ZGenerational"));
    assertTrue(!optionsFor(25).contains("-XX:+ZGenerational"));
    assertTrue(optionsFor(25).contains("--enable-native-access=ALL-UNNAMED"));
    assertTrue(!optionsFor(17).contains("--enable-native-access=ALL-UNNAMED"));
  }

  /** Parses lines of the form {@code [LOW[-[HIGH]]:]OPTION}. */
  private static List<String> optionsFor(int feature) throws IOException {
    List<String> options = new ArrayList<>();
    for (String line : Files.readAllLines(FILE)) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String option = line;
      if (!line.startsWith("-")) {
        String[] range = line.substring(0, line.indexOf(':')).split("-", -1);
        option = line.substring(line.indexOf(':') + 1);
        String high = range[range.length - 1];
        if (feature < Integer.parseInt(range[0])
            || (!high.isEmpty() && feature > Integer.parseInt(high))) {
          continue;
        }
      }
      options.add(option);
    }
    return options;
  }
}
