package dev.sluice.tool;

import dev.sluice.config.Quantities;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The main job on one screen: a daemon, a producer in its own process, and balanced books. */
@Command(
    name = "demo",
    description = "Run the daemon against a simulated device and account for every record.",
    footer = {
      "",
      "Example: sluice demo --rate 2GB/s --duration 5s --layout l2-2026.07/a2a3",
      "",
      "Exit code: 0 every record is accounted for, 1 failed, 2 usage, 3 records were lost."
    })
public final class DemoCommand implements Callable<Integer> {
  private final DaemonHost host;
  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private ProducerOptions producer = new ProducerOptions();

  @Option(names = "--keep", description = "Leave the daemon and its page up until Ctrl-C.")
  private boolean isKept;

  @Option(
      names = "--no-capture",
      description = "Only count the records; write none of them to disk.")
  private boolean isUncaptured;

  @Option(
      names = "--capture-directory",
      paramLabel = "DIR",
      description = "Where the capture goes. Default: a new folder for temporary files.")
  private Path captureDirectory;

  @Option(names = "--json", description = "Print one JSON object instead of the summary.")
  private boolean isJson;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set a configuration key of the daemon; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  /** Made for the capture; null if the user named a folder. */
  private Path newFolder;

  public DemoCommand(DaemonHost host, StopSignal stopSignal) {
    this.host = host;
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    producer.validate();
    try {
      return demonstrate();
    } finally {
      deleteIfEmpty();
    }
  }

  private int demonstrate() throws ToolException {
    try (EmbeddedDaemon daemon = EmbeddedDaemon.start(host, withCapture());
        ProgressLine progress = ProgressLine.onStandardError()) {
      progress.println(
          "daemon ready after "
              + Quantities.formatNanos(Math.round(daemon.readySeconds() * 1e9))
              + ", page and metrics at "
              + daemon.client().base());
      RunReport run = run(daemon, progress);
      progress.close();
      Verdict verdict = Verdict.of(run, producer.isMisbehaving());
      print(run, verdict);
      if (isKept && !stopSignal.isRequested()) {
        progress.println("the daemon stays up at " + daemon.client().base() + "; Ctrl-C ends it");
        stopSignal.await();
      }
      return verdict.exitCode();
    }
  }

  /** What the user set is stronger. */
  private Map<String, String> withCapture() throws ToolException {
    Map<String, String> all = new LinkedHashMap<>();
    if (!isUncaptured) {
      all.put("sluice.capture.enabled", "true");
      if (!settings.containsKey("sluice.capture.directory")) {
        all.put("sluice.capture.directory", captureDirectory().toString());
      }
    }
    all.putAll(settings);
    return all;
  }

  private Path captureDirectory() throws ToolException {
    if (captureDirectory != null) {
      return captureDirectory.toAbsolutePath().normalize();
    }
    try {
      newFolder = Files.createTempDirectory("sluice-demo-");
      return newFolder;
    } catch (IOException e) {
      throw new ToolException(
          "no temporary folder for the capture: "
              + e.getMessage()
              + "; set TMPDIR, name one with --capture-directory, or use --no-capture",
          e);
    }
  }

  /** A demo that failed before anything was captured leaves nothing behind. */
  private void deleteIfEmpty() {
    try {
      if (newFolder != null) {
        Files.delete(newFolder);
      }
    } catch (IOException ignored) {
      // It holds the capture.
    }
  }

  private RunReport run(EmbeddedDaemon daemon, ProgressLine progress) throws ToolException {
    String name = producer.nameOr("demo-" + ProcessHandle.current().pid());
    ProducerRun producerRun = new ProducerRun(daemon.client(), daemon::cpuSeconds, stopSignal);
    return producerRun.run(
        producer.arguments(daemon.attachSocket(), name),
        name,
        producer.deviceThreads(),
        ProducerRun.PROGRESS_INTERVAL_MS,
        session -> progress.update(progressText(session)),
        progress::println);
  }

  private String progressText(SessionReport session) {
    KindCounts total = session.total();
    double seconds = session.durationSeconds();
    return String.format(
        "%s of %s   collected %s   %s   dropped %,d   unaccounted %,d",
        Quantities.formatNanos(Math.round(seconds * 1e9)),
        Quantities.formatNanos(producer.durationNs()),
        Quantities.formatBytes(total.collectedBytes()),
        Quantities.formatRate(seconds > 0 ? total.collectedBytes() / seconds : 0),
        total.droppedRecords(),
        total.unaccountedRecords());
  }

  private void print(RunReport run, Verdict verdict) throws ToolException {
    if (isJson) {
      Map<String, Object> json = run.toJson(verdict.sentence());
      json.put(
          "capture", run.session().capture().map(SessionReport.Capture::directory).orElse(null));
      out().println(Json.print(json));
    } else {
      String head = stopSignal.isRequested() ? "Demo, ended early: " : "Demo: ";
      out().print(RunSummary.of(run, head + producer.describe(), verdict));
    }
    out().flush();
  }

  /** Standard output, where only the result goes. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
