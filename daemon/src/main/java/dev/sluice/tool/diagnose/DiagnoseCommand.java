package dev.sluice.tool.diagnose;

import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Invocation;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.StatusCommand;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.TemporaryDirectory;
import dev.sluice.tool.ToolException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Which ceiling binds on this machine, by how much, and what to change. */
@Command(
    name = "diagnose",
    description = {
      "Measure the three ceilings on this machine (control path, buffer life cycle, bandwidth),",
      "predict the highest drop-free rate, find the real one, and say what to change."
    },
    footer = {
      "",
      "Example: " + Invocation.PROGRAM + " diagnose --quick --rate 2GB/s --html diagnose.html",
      "",
      "Everything runs on a private daemon and arena; records are dropped on purpose, none of",
      "them anybody's. Exit code: 0 finished, 1 failed or interrupted (what is printed then says",
      "so), 2 usage. docs/tuning.md explains the figures."
    })
public final class DiagnoseCommand implements Callable<Integer> {
  private final DaemonHost host;
  private final HostProbes probes;
  private final StopSignal stopSignal;

  @Spec private CommandSpec spec;

  @Mixin private DiagnoseOptions options = new DiagnoseOptions();

  public DiagnoseCommand(DaemonHost host, HostProbes probes, StopSignal stopSignal) {
    this.host = host;
    this.probes = probes;
    this.stopSignal = stopSignal;
  }

  @Override
  public Integer call() throws ToolException {
    options.validate();
    Optional<Runs.Target> target = target();
    DiagnoseResult result =
        new DiagnoseResult(options.effort(), options.targetBytesPerSecond(), target.isEmpty());
    List<ShapeRequest> others = options.others();
    Path folder = captureFolder();
    boolean isStopped = false;
    try (Runs runs = new Runs(host, options.settings(), target, stopSignal);
        ProgressLine line = ProgressLine.onStandardError()) {
      DiagnoseProgress progress =
          new DiagnoseProgress(line, Diagnosis.stages(others, runs.isPrivate()));
      new Diagnosis(runs, probes, stopSignal, progress, folder.resolve("captures"))
          .run(result, options.request(), others);
    } catch (ToolException e) {
      if (!stopSignal.isRequested()) {
        throw e;
      }
      isStopped = true;
    } finally {
      Runs.remove(folder);
    }
    report(result);
    return isStopped ? ExitCode.FAILED : ExitCode.FINE;
  }

  private Optional<Runs.Target> target() throws ToolException {
    if (options.socket().isEmpty()) {
      return Optional.empty();
    }
    DaemonClient client =
        options.url().isEmpty()
            ? StatusCommand.configuredDaemon(Optional.empty())
            : new DaemonClient(options.url().get());
    List<SessionReport> open =
        client.sessions().stream().filter(session -> !session.isEnded()).toList();
    if (!open.isEmpty() && !options.isForced()) {
      throw new ToolException(
          "the daemon at "
              + client.base()
              + " serves "
              + open.size()
              + " session(s), which a diagnosis would disturb; use --force, or leave --socket out"
              + " for a private daemon");
    }
    return Optional.of(new Runs.Target(client, options.socket().get(), options.device()));
  }

  private Path captureFolder() throws ToolException {
    return TemporaryDirectory.make(
        options.captureDirectory().map(Path::toAbsolutePath).orElse(TemporaryDirectory.base()),
        "sluice-diagnose-",
        "the capture that measures the storage",
        "name another directory by TMPDIR or --capture-directory");
  }

  private void report(DiagnoseResult result) throws ToolException {
    Advice advice =
        result
            .main()
            .map(
                main ->
                    Advice.of(
                        main.model(),
                        main.typical().session().refillLatency(),
                        result.storage().map(Term::median).orElse(Double.NaN),
                        result.targetBytesPerSecond()))
            .orElse(null);
    Map<String, Object> json = DiagnoseJson.of(result, advice);
    Optional<Path> html = options.html();
    if (html.isPresent()) {
      HtmlReport.write(html.get(), json);
    }
    out().print(options.isJson() ? Json.print(json) + "\n" : DiagnoseText.of(result, advice));
    if (html.isPresent() && !options.isJson()) {
      out().println("\nReport: " + html.get().toAbsolutePath());
    }
    out().flush();
  }

  /** Standard output, where only the result goes. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
