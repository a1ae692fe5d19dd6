package dev.sluice.output.export;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Exports into memory and parses the result. */
final class Exports {
  /** A test of every format except the files of the other profilers. */
  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @EnumSource(
      value = ExportFormat.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"PMU_CSV", "SCOPE_STATS_JSONL"})
  @interface EachFormat {}

  private Exports() {}

  static Exporter exporter(CaptureSource source, ExportRequest request) throws IOException {
    return new Exporter(List.of(source), request, ExportMonitor.NONE);
  }

  private static final Path SCRATCH = newScratch();

  private static Path newScratch() {
    try {
      Path scratch = Files.createTempDirectory("sluice-exports");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(scratch)));
      return scratch;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException ignored) {
      // Left to the machine's cleanup of temporary files.
    }
  }

  /** Returns a directory that lasts until the tests end, because captures are read lazily. */
  static Path scratch() throws IOException {
    return Files.createTempDirectory(SCRATCH, "capture").resolve("capture");
  }

  static byte[] bytes(CaptureSource source, ExportRequest request) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    exporter(source, request).toStream(out);
    return out.toByteArray();
  }

  static String text(CaptureSource source, ExportFormat format) throws IOException {
    return new String(bytes(source, ExportRequest.of(format)), StandardCharsets.UTF_8);
  }

  static Map<String, Object> json(CaptureSource source, ExportFormat format) throws IOException {
    return JSON.std.mapFrom(text(source, format));
  }

  /** Returns the events of a Chrome trace. */
  @SuppressWarnings("unchecked") // the parser maps every object to a Map
  static List<Map<String, Object>> events(CaptureSource source, ExportRequest request)
      throws IOException {
    Map<String, Object> trace =
        JSON.std.mapFrom(new String(bytes(source, request), StandardCharsets.UTF_8));
    return (List<Map<String, Object>>) trace.get("traceEvents");
  }

  static ExportRequest chrome() {
    return ExportRequest.of(ExportFormat.CHROME_TRACE);
  }

  static ExportRequest with(ExportFormat format, TaskGraph graph, NameMap names) {
    return new ExportRequest(format, ExportSelection.ALL, graph, names, false, false);
  }

  /**
   * Requests a part of the time.
   *
   * @param fromNs 0 for the start
   * @param toNs 0 for the end
   */
  static ExportRequest part(ExportFormat format, long fromNs, long toNs, int... cores) {
    OptionalLong from = fromNs == 0 ? OptionalLong.empty() : OptionalLong.of(fromNs);
    OptionalLong to = toNs == 0 ? OptionalLong.empty() : OptionalLong.of(toNs);
    BitSet of = new BitSet();
    Arrays.stream(cores).forEach(of::set);
    return new ExportRequest(
        format, new ExportSelection(from, to, of), TaskGraph.NONE, NameMap.NONE, false, false);
  }
}
