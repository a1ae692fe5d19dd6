package dev.sluice.tool;

import dev.sluice.abi.BufferKind;
import dev.sluice.config.Quantities;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.output.capture.Frame;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Proves that a capture is complete. */
@Command(
    name = "verify",
    description =
        "Check a capture: every checksum, the order, the accounting law, and synthetic content bit"
            + " by bit.",
    footer = {
      "",
      "Example: " + Invocation.PROGRAM + " verify latest",
      "",
      "Exit code: 0 whole and complete, 1 damaged, 2 usage, 3 whole, but records are missing."
    })
public final class VerifyCommand implements Callable<Integer> {
  private static final long SHOW_INTERVAL_NS = 200_000_000L;

  private final StopSignal stopSignal;
  private long shownNs = System.nanoTime();
  private long bytes;

  @Spec private CommandSpec spec;

  @Mixin private CaptureArguments captures = new CaptureArguments();

  @Parameters(
      paramLabel = "CAPTURE",
      description = "Directory or name of the capture, the beginning of it, or latest.")
  private String capture;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean isJson;

  public VerifyCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    Path directory = captures.capture(capture);
    long startNs = System.nanoTime();
    try (CaptureReader reader = CaptureReader.open(directory);
        ProgressLine line = ProgressLine.onStandardError()) {
      CaptureVerifier.Result result =
          CaptureVerifier.verify(reader, frame -> watch(line, frame, startNs));
      line.close();
      double seconds = (System.nanoTime() - startNs) / 1e9;
      out()
          .print(
              isJson
                  ? Json.print(json(directory, result, reader.manifest())) + "\n"
                  : text(result, reader.manifest(), seconds));
      out().flush();
      return exitCode(result);
    } catch (IOException e) {
      throw new ToolException(e.getMessage(), e);
    }
  }

  private void watch(ProgressLine line, Frame frame, long startNs) throws IOException {
    bytes += frame.recordBytes();
    if (stopSignal.isRequested()) {
      // Not a CaptureException: that would be a finding about the segment, not the end of the run.
      throw new InterruptedIOException(
          "verify was interrupted after " + Quantities.formatBytes(bytes) + ": no verdict");
    }
    long nowNs = System.nanoTime();
    if (nowNs - shownNs >= SHOW_INTERVAL_NS) {
      shownNs = nowNs;
      double seconds = (nowNs - startNs) / 1e9;
      line.update(
          Quantities.formatBytes(bytes)
              + " checked, "
              + Quantities.formatRate(bytes / Math.max(seconds, 1e-9)));
    }
  }

  private static int exitCode(CaptureVerifier.Result result) {
    if (result.isDamaged()) {
      return ExitCode.FAILED;
    }
    return result.isIncomplete() ? ExitCode.RECORDS_LOST : ExitCode.FINE;
  }

  private static String verdict(CaptureVerifier.Result result, CaptureManifest manifest) {
    if (result.isDamaged()) {
      return "Damaged: the capture differs from what was written.";
    }
    if (result.isIncomplete()) {
      return "Intact, but records are missing.";
    }
    if (manifest.snapshot().isPresent()) {
      return "Intact: every record of the snapshot's window is here.";
    }
    return manifest.outcome().removedSegments() > 0
        ? "Intact: every record that retention kept is here."
        : "Intact: every record that the device produced is here.";
  }

  private static String text(
      CaptureVerifier.Result result, CaptureManifest manifest, double seconds) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%,d frames, %s of records in %s, checked at %s%n",
            result.frames(),
            Quantities.formatBytes(result.recordBytes()),
            Quantities.formatBytes(result.bytes()),
            Quantities.formatRate(seconds > 0 ? result.recordBytes() / seconds : 0)));
    for (BufferKind kind : kinds(result)) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-12s %,16d records%n",
              kind.label(),
              result.records().get(kind.ordinal())));
    }
    if (result.comparedRecords() > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "synthetic content of %,d records compared%n",
              result.comparedRecords()));
    }
    append(text, "damage", result.damages());
    append(text, "missing", result.losses());
    append(text, "note", result.notes());
    return text.append(verdict(result, manifest)).append('\n').toString();
  }

  private static void append(StringBuilder text, String label, List<String> lines) {
    lines.forEach(line -> text.append(label).append(": ").append(line).append('\n'));
  }

  /** Returns the kinds of the swimlane, and other kinds that have records. */
  private static List<BufferKind> kinds(CaptureVerifier.Result result) {
    return BufferKind.ALL.stream()
        .filter(kind -> kind.isTimed() || result.records().get(kind.ordinal()) > 0)
        .toList();
  }

  private static Map<String, Object> json(
      Path directory, CaptureVerifier.Result result, CaptureManifest manifest) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("capture", directory.toString());
    json.put("frames", result.frames());
    json.put("bytes", result.bytes());
    json.put("record_bytes", result.recordBytes());
    Map<String, Object> kinds = new LinkedHashMap<>();
    for (BufferKind kind : kinds(result)) {
      kinds.put(kind.label(), Map.of("records", result.records().get(kind.ordinal())));
    }
    json.put("records", result.records().stream().mapToLong(Long::longValue).sum());
    json.put("compared_records", result.comparedRecords());
    json.put("damages", result.damages());
    json.put("missing", result.losses());
    json.put("notes", result.notes());
    json.put("verdict", verdict(result, manifest));
    json.put("kinds", kinds);
    return json;
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
