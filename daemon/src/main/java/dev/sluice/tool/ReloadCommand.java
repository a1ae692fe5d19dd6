package dev.sluice.tool;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the running daemon reload its configuration. */
@Command(
    name = "reload",
    description = "Make the running daemon reload its configuration, and print what changed.",
    footer = {"", "Example: " + Invocation.PROGRAM + " reload"})
public final class ReloadCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ControlAddress address = new ControlAddress();

  @Option(names = "--json", description = "Print the daemon's answer as one JSON object.")
  private boolean isJson;

  @Override
  public Integer call() throws ToolException {
    Map<String, Object> answer = address.client().post("/v1/reload");
    if (isJson) {
      out().println(Json.print(answer));
    } else if (!(answer.get("changed") instanceof Boolean changed) || !changed) {
      out().println("nothing has changed");
    } else {
      list(answer, "applied", "in force: ");
      list(answer, "next_session", "for sessions that attach from now on: ");
      list(answer, "restart_required", "needs a restart: ");
    }
    out().flush();
    return ExitCode.FINE;
  }

  private void list(Map<String, Object> answer, String name, String words) {
    if (answer.get(name) instanceof List<?> keys) {
      keys.forEach(key -> out().println(words + key));
    }
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
