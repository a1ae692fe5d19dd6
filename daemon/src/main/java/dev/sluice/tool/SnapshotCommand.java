package dev.sluice.tool;

import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Keeps the most recent captured data of every open session. */
@Command(
    name = "snapshot",
    description = "Keep the last moments of what the daemon captured, safe from retention.",
    footer = {"", "Example: " + Invocation.PROGRAM + " snapshot --reason slow-step"})
public final class SnapshotCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private CaptureArguments captures = new CaptureArguments();

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description = "Control socket of the daemon. Default: from the configuration.")
  private Path socket;

  @Option(
      names = "--reason",
      paramLabel = "WORD",
      defaultValue = "command",
      description = "Part of the snapshots' names. Default: ${DEFAULT-VALUE}.")
  private String reason;

  @Option(names = "--json", description = "Print the daemon's answer as one JSON object.")
  private boolean isJson;

  @Override
  public Integer call() throws ToolException {
    ControlClient client =
        new ControlClient(socket != null ? socket : captures.settings().control().socket());
    Map<String, Object> answer =
        client.post("/v1/snapshot?reason=" + URLEncoder.encode(reason, StandardCharsets.UTF_8));
    if (!(answer.get("snapshots") instanceof List<?> snapshots)) {
      throw new ToolException("the daemon's answer has no snapshots");
    }
    if (isJson) {
      out().println(Json.print(answer));
    } else if (snapshots.isEmpty()) {
      out().println("no open session is being captured; no snapshot was taken");
    } else {
      snapshots.forEach(out()::println);
    }
    out().flush();
    return ExitCode.FINE;
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
