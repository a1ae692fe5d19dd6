package dev.sluice.tool;

import dev.sluice.config.IoReason;
import dev.sluice.config.Quantities;
import dev.sluice.headroom.Ceiling;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows the main job on one screen: a daemon, a producer in its own process, balanced books. */
@Command(
    name = "demo",
    description = "Run the daemon against a simulated device and account for every record.",
    footer = {
      "",
      "Example: "
          + Invocation.PROGRAM
          + " demo --rate 2GB/s --duration 5s --layout l2-2026.07/a2a3",
      "",
      "Exit code: 0 every record is accounted for, 1 failed or interrupted, 2 usage, 3 records were"
          + " lost."
    })
public final class DemoCommand implements Callable<Integer> {
  private final DaemonHost host;
  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private ProducerOptions producer = new ProducerOptions();

  @Option(names = "--keep", description = "Keep the daemon and its page running until Ctrl-C.")
  private boolean isKept;

  @Option(
      names = "--no-capture",
      description = "Only count the records, do not write them to disk.")
  private boolean isUncaptured;

  @Option(
      names = "--capture-directory",
      paramLabel = "DIR",
      description =
          "Where the capture goes. Default: a new directory among the temporary files (TMPDIR),"
              + " which the next demo removes.")
  private Path captureDirectory;

  @Option(
      names = "--keep-captures",
      description = "Keep the captures of earlier demos, and keep this one when a later demo runs.")
  private boolean isCaptureKept;

  @Option(names = "--json", description = "Print one JSON object instead of the summary.")
  private boolean isJson;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set a configuration key of the daemon; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  /** Directory made for the capture; null if the user named one. */
  private DemoDirectory ownDirectory;

  /** Lines of the producer's standard error that are not yet shown. */
  private final Deque<String> producerLines = new ConcurrentLinkedDeque<>();

  public DemoCommand(DaemonHost host, StopSignal stopSignal) {
    this.host = host;
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    producer.validate();
    try (ProgressLine progress = ProgressLine.onStandardError()) {
      return demonstrate(progress);
    } finally {
      if (ownDirectory != null) {
        ownDirectory.close();
      }
    }
  }

  private int demonstrate(ProgressLine progress) throws ToolException {
    try (EmbeddedDaemon daemon = EmbeddedDaemon.start(host, withCapture(progress))) {
      progress.println(
          "daemon ready after "
              + Quantities.formatNanos(Math.round(daemon.readySeconds() * 1e9))
              + ", page and metrics at "
              + daemon.client().base());
      RunReport run = run(daemon, progress);
      boolean isInterrupted = stopSignal.isRequested();
      progress.close();
      Verdict verdict = Verdict.of(run, producer.isMisbehaving());
      if (isInterrupted) {
        verdict =
            verdict.interrupted(
                "after "
                    + seconds(run.producedSeconds())
                    + " of "
                    + Quantities.formatNanos(producer.durationNs()));
      }
      print(run, verdict, isInterrupted);
      if (isKept && !stopSignal.isRequested()) {
        progress.println(
            "the daemon keeps running at " + daemon.client().base() + "; Ctrl-C ends it");
        stopSignal.await();
      }
      return verdict.exitCode();
    }
  }

  /** Adds the capture settings; the user's own settings override them. */
  private Map<String, String> withCapture(ProgressLine progress) throws ToolException {
    Map<String, String> all = new LinkedHashMap<>();
    if (!isUncaptured) {
      all.put("sluice.capture.enabled", "true");
      if (!settings.containsKey("sluice.capture.directory")) {
        all.put("sluice.capture.directory", captureDirectory(progress).toString());
      }
    }
    all.putAll(settings);
    return all;
  }

  private Path captureDirectory(ProgressLine progress) throws ToolException {
    if (captureDirectory == null) {
      ownDirectory = DemoDirectory.make(isCaptureKept, progress::println);
      return ownDirectory.path();
    }
    Path named = captureDirectory.toAbsolutePath().normalize();
    try {
      // Fail now rather than after a run whose records were not stored.
      return Files.createDirectories(named);
    } catch (IOException e) {
      throw new ToolException("cannot create " + named + " for the capture: " + IoReason.of(e), e);
    }
  }

  private RunReport run(EmbeddedDaemon daemon, ProgressLine progress) throws ToolException {
    String name = producer.nameOr("demo-" + ProcessHandle.current().pid());
    ProducerRun producerRun = new ProducerRun(daemon.client(), daemon::cpuSeconds, stopSignal);
    try {
      RunReport run =
          producerRun.run(
              producer.arguments(daemon.attachSocket(), name),
              name,
              producer.deviceThreads(),
              ProducerRun.PROGRESS_INTERVAL_MS,
              session -> {
                show(progress);
                progress.update(progressText(session));
              },
              producerLines::add);
      show(progress);
      return run;
    } catch (ToolException e) {
      if (stopSignal.isRequested()) {
        throw new ToolException("interrupted without a result: " + e.getMessage(), e);
      }
      if (e.getMessage().equals(producerLines.peekLast())) {
        producerLines.removeLast(); // the error message repeats it
      }
      show(progress);
      throw e;
    }
  }

  private void show(ProgressLine progress) {
    for (String line = producerLines.poll(); line != null; line = producerLines.poll()) {
      progress.println(line);
    }
  }

  private String progressText(SessionReport session) {
    KindCounts total = session.total();
    double seconds = session.durationSeconds();
    return String.format(
        Locale.ROOT,
        "%s of %s   collected %s   %s   dropped %,d   unaccounted %,d",
        seconds(Math.min(seconds, producer.durationNs() / 1e9)),
        Quantities.formatNanos(producer.durationNs()),
        Quantities.formatBytes(total.collectedBytes()),
        Quantities.formatRate(seconds > 0 ? total.collectedBytes() / seconds : 0),
        total.droppedRecords(),
        total.unaccountedRecords());
  }

  private static String seconds(double seconds) {
    return Quantities.formatNanos(Math.round(seconds * 1e9));
  }

  private void print(RunReport run, Verdict verdict, boolean isInterrupted) throws ToolException {
    Optional<Path> capture =
        run.session().capture().map(SessionReport.Capture::directory).map(Path::of);
    if (isJson) {
      Map<String, Object> json = run.toJson(verdict.sentence());
      json.put("interrupted", isInterrupted);
      json.put("capture", capture.map(Path::toString).orElse(null));
      json.put("capture_bytes", capture.map(DemoCommand::bytesOnDisk).orElse(null));
      out().println(Json.print(json));
    } else {
      out()
          .print(
              RunSummary.of(
                  run, "Demo: " + producer.describe(), verdict, Terminal.ofStandardOutput()));
      if (verdict.limit().equals(Optional.of(Ceiling.STORAGE))) {
        out().print(waysAroundTheDisk());
      }
      capture.ifPresent(this::whereToLook);
    }
    out().flush();
  }

  /** Suggests runs without the disk, because a slow disk looks like a slow engine. */
  private String waysAroundTheDisk() {
    List<String> again = new ArrayList<>(spec.commandLine().getParseResult().originalArgs());
    again.add("--no-capture");
    return "\nWithout the disk:    "
        + Invocation.of(again.toArray(String[]::new))
        + "\nWith a faster one:   set --capture-directory or TMPDIR to a directory on it\n";
  }

  private void whereToLook(Path capture) {
    String path = capture.toString();
    out().println();
    out().println("Capture, " + Quantities.formatBytes(bytesOnDisk(capture)) + ":");
    out().println("  " + path);
    out().println("Check it, or draw its first 100 ms for ui.perfetto.dev:");
    out().println("  " + Invocation.of("verify", path));
    out()
        .println(
            "  "
                + Invocation.of(
                    "export", path, "--to", "100ms", "--format", "perfetto", "-o", "demo.pftrace"));
  }

  /** Returns the size of a capture's files; one replaced meanwhile counts at most once. */
  private static long bytesOnDisk(Path capture) {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(capture)) {
      for (Path file : files) {
        bytes += file.toFile().length();
      }
    } catch (IOException | DirectoryIteratorException ignored) {
      // Retention or the user removed the directory first.
    }
    return bytes;
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
