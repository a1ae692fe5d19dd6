package dev.sluice.tool;

import dev.sluice.config.IoReason;
import dev.sluice.config.Quantities;
import dev.sluice.output.capture.CaptureCatalog;
import dev.sluice.output.capture.CaptureTail;
import dev.sluice.output.capture.FrameType;
import java.io.IOException;
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
import picocli.CommandLine.Spec;

/** Lists the captures on this machine. */
@Command(
    name = "captures",
    description = "List captures and snapshots: what they hold, and whether anything is missing.",
    footer = {
      "",
      "Example: " + Invocation.PROGRAM + " captures --directory /var/lib/sluice/captures"
    })
public final class CapturesCommand implements Callable<Integer> {
  private static final long FOLLOW_INTERVAL_MS = 1_000;

  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private CaptureArguments captures = new CaptureArguments();

  @Option(
      names = "--follow",
      paramLabel = "CAPTURE",
      description =
          "Show the frames that arrive in one capture, every second, until it ends or Ctrl-C.")
  private String followed;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean isJson;

  public CapturesCommand(StopSignal stopSignal) {
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    if (followed != null) {
      follow(captures.capture(followed));
      return ExitCode.FINE;
    }
    captures.checkDirectory();
    List<CaptureCatalog.Entry> entries;
    try {
      entries = CaptureCatalog.list(captures.directory());
    } catch (IOException e) {
      throw new ToolException(captures.directory() + " cannot be read: " + IoReason.of(e), e);
    }
    out().print(isJson ? json(entries) : text(entries));
    out().flush();
    return ExitCode.FINE;
  }

  private void follow(Path capture) throws ToolException {
    long[] records = new long[1];
    long[] bytes = new long[1];
    try (CaptureTail tail = CaptureTail.open(capture)) {
      boolean isLast;
      do {
        // Read before the frames: the last poll misses no frame of an ended capture.
        isLast = tail.isEnded();
        long frames =
            tail.poll(
                frame -> {
                  bytes[0] += frame.recordBytes();
                  if (frame.type() == FrameType.RECORDS) {
                    records[0] += frame.recordCount();
                  } else if (frame.type() == FrameType.GAP) {
                    out()
                        .printf(
                            Locale.ROOT, "%,d records missing: %s%n", frame.count(), frame.cause());
                  }
                });
        out()
            .printf(
                Locale.ROOT,
                "%,d new frames; %,d records, %s so far%n",
                frames,
                records[0],
                Quantities.formatBytes(bytes[0]));
      } while (!out().checkError() && !isLast && !stopSignal.await(FOLLOW_INTERVAL_MS));
      if (tail.missedSegments() > 0) {
        out().printf("%d segments were removed before they were read%n", tail.missedSegments());
      }
    } catch (IOException e) {
      throw new ToolException(IoReason.of(e), e);
    }
  }

  private String text(List<CaptureCatalog.Entry> entries) {
    if (entries.isEmpty()) {
      return "no captures in " + captures.directory() + "\n";
    }
    TextTable table =
        new TextTable()
            .text("name", 0)
            .text("layout", 3)
            .text("state", 2)
            .number("records", 5)
            .number("dropped", 1)
            .number("lost", 1)
            .number("size", 4);
    for (CaptureCatalog.Entry entry : entries) {
      table.row(
          entry.name(),
          entry.layout(),
          entry.state(),
          count(entry.capturedRecords()),
          count(entry.droppedRecords()),
          count(entry.lostRecords()),
          Quantities.formatBytes(entry.bytes()));
    }
    return table.print(Terminal.ofStandardOutput().columns());
  }

  private static String count(long records) {
    return String.format(Locale.ROOT, "%,d", records);
  }

  private String json(List<CaptureCatalog.Entry> entries) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("directory", captures.directory().toString());
    json.put("captures", entries.stream().map(CapturesCommand::json).toList());
    return Json.print(json) + "\n";
  }

  private static Map<String, Object> json(CaptureCatalog.Entry entry) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", entry.name());
    json.put("path", entry.directory().toString());
    json.put("layout", entry.layout());
    json.put("state", entry.state());
    json.put("started_at", entry.startedAt());
    json.put("captured_records", entry.capturedRecords());
    json.put("dropped_records", entry.droppedRecords());
    json.put("capture_lost_records", entry.lostRecords());
    json.put("bytes", entry.bytes());
    json.put("segments", entry.segments());
    return json;
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
