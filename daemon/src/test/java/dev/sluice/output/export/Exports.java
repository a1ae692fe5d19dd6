package dev.sluice.output.export;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Exports into memory, and reads them again. */
final class Exports {
  private Exports() {}

  static byte[] bytes(RecordSource source, ExportRequest request) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Exporter(source, request, ExportMonitor.NONE).toStream(out);
    return out.toByteArray();
  }

  static String text(RecordSource source, ExportFormat format) throws IOException {
    return new String(bytes(source, ExportRequest.of(format)), StandardCharsets.UTF_8);
  }

  static Map<String, Object> json(RecordSource source, ExportFormat format) throws IOException {
    return JSON.std.mapFrom(text(source, format));
  }

  /** The events of a Chrome trace. */
  @SuppressWarnings("unchecked") // the parser makes maps of all objects
  static List<Map<String, Object>> events(RecordSource source, ExportRequest request)
      throws IOException {
    Map<String, Object> trace =
        JSON.std.mapFrom(new String(bytes(source, request), StandardCharsets.UTF_8));
    return (List<Map<String, Object>>) trace.get("traceEvents");
  }

  static ExportRequest chrome() {
    return ExportRequest.of(ExportFormat.CHROME_TRACE);
  }

  static ExportRequest with(ExportFormat format, TaskGraph graph, NameMap names) {
    return new ExportRequest(format, ExportSelection.ALL, LevelKey.AUTO, graph, names);
  }
}
