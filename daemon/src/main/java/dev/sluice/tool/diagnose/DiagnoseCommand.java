package dev.sluice.tool.diagnose;

import dev.sluice.config.IoReason;
import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.Invocation;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.Terminal;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Runs;
import dev.sluice.tool.measure.ScratchFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Finds the ceiling that binds on this machine, by how much, and what to change. */
@Command(
    name = "diagnose",
    description = {
      "Measure what limits this machine (control path, buffer life cycle, bandwidth), predict the"
          + " highest drop-free rate, find the real one, and say what to change."
    },
    footer = {
      "",
      "Example: " + Invocation.PROGRAM + " diagnose --quick --rate 2GB/s --html diagnose.html",
      "",
      "Everything runs on a private daemon and arena; only its own records are dropped, on purpose."
          + " Exit code: 0 finished, 1 failed or interrupted, 2 usage. docs/tuning.md explains the"
          + " figures."
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
        new DiagnoseResult(options.effort(), options.target(), target.isEmpty());
    boolean isStopped = false;
    try (ScratchFolder folder = ScratchFolder.in(Optional.ofNullable(options.captureDirectory));
        Runs runs = new Runs(host, options.settings, stopSignal, "diagnose", unused -> {});
        ProgressLine line = ProgressLine.onStandardError()) {
      new Diagnosis(result, runs, target, probes, line)
          .run(
              options.request(),
              options.others(),
              options.device,
              folder.path().resolve("captures"));
    } catch (ToolException e) {
      if (!stopSignal.isRequested()) {
        throw e;
      }
      isStopped = true;
    }
    report(result);
    return isStopped ? ExitCode.FAILED : ExitCode.FINE;
  }

  private Optional<Runs.Target> target() throws ToolException {
    if (options.socket == null) {
      return Optional.empty();
    }
    DaemonClient client =
        options.url == null
            ? DaemonClient.configured(Optional.empty())
            : new DaemonClient(options.url);
    List<SessionReport> open =
        client.sessions().stream().filter(session -> !session.isEnded()).toList();
    if (!open.isEmpty() && !options.isForced) {
      throw new ToolException(
          "the daemon at "
              + client.base()
              + " serves "
              + open.size()
              + " session(s), which a diagnosis would disturb; use --force, or leave --socket out"
              + " for a private daemon");
    }
    return Optional.of(new Runs.Target(client, options.socket, () -> 0));
  }

  private void report(DiagnoseResult result) throws ToolException {
    Map<String, Object> json = result.toJson();
    if (options.html != null) {
      try {
        Files.writeString(options.html, DiagnoseResult.page(json));
      } catch (IOException e) {
        throw new ToolException("cannot write " + options.html + ": " + IoReason.of(e), e);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        options.isJson
            ? Json.print(json) + "\n"
            : DiagnoseText.of(result, Terminal.ofStandardOutput()));
    if (options.html != null && !options.isJson) {
      out.println("\nReport: " + options.html.toAbsolutePath());
    }
    out.flush();
  }
}
