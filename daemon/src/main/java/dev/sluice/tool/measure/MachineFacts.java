package dev.sluice.tool.measure;

import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The machine and Java version behind the figures, which decide whether others are comparable.
 * Contains no host name.
 */
public record MachineFacts(
    String cpuModel, int processors, long memoryBytes, String kernel, String javaVersion) {
  public static MachineFacts ofThisMachine() {
    return new MachineFacts(
        field("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch")),
        Runtime.getRuntime().availableProcessors(),
        field("/proc/meminfo", "MemTotal")
            .map(text -> Long.parseLong(text.replace(" kB", "")) << 10)
            .orElse(0L),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        Runtime.version().toString());
  }

  /** Returns the value of a key in a kernel file; empty if missing, as the model name on arm. */
  private static Optional<String> field(String file, String key) {
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(key))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static MachineFacts read(Map<String, Object> json) throws ToolException {
    return new MachineFacts(
        Json.text(json, "cpu_model"),
        (int) Json.whole(json, "processors"),
        Json.whole(json, "memory_bytes"),
        Json.text(json, "kernel"),
        Json.text(json, "java_version"));
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("cpu_model", cpuModel);
    object.put("processors", processors);
    object.put("memory_bytes", memoryBytes);
    object.put("kernel", kernel);
    object.put("java_version", javaVersion);
    return object;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s, %d processors, %.0f GiB, %s, Java %s",
        cpuModel,
        processors,
        memoryBytes / (double) (1L << 30),
        kernel,
        javaVersion);
  }
}
