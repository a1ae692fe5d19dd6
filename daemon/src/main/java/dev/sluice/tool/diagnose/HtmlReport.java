package dev.sluice.tool.diagnose;

import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The report as one file that needs no other: a page whose script draws from the same object that
 * {@code --json} prints.
 */
final class HtmlReport {
  private static final String TEMPLATE = "report.html";
  private static final String DATA = "/*DATA*/null";

  private HtmlReport() {}

  static String of(Map<String, Object> json) {
    // No text in the data may end the script it stands in.
    String data = Json.print(json).replace("<", "\\u003c");
    return template().replace(DATA, data);
  }

  static void write(Path file, Map<String, Object> json) throws ToolException {
    try {
      Files.writeString(file, of(json));
    } catch (IOException e) {
      throw new ToolException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static String template() {
    try (InputStream stream = HtmlReport.class.getResourceAsStream(TEMPLATE)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the program lacks its own " + TEMPLATE, e);
    }
  }
}
