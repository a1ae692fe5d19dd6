package dev.sluice.tool;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.SettingsException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lets the running daemon read its configuration again. */
@Command(
    name = "reload",
    description = "Let the running daemon read its configuration again, and say what came of it.",
    footer = {"", "Example: " + Invocation.PROGRAM + " reload"})
public final class ReloadCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file that names the daemon's control socket.")
  private Path config;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description = "Control socket of the daemon. Default: that of the configuration.")
  private Path socket;

  @Option(names = "--json", description = "Print the daemon's answer as one JSON object.")
  private boolean isJson;

  @Override
  public Integer call() throws ToolException {
    Map<String, Object> answer = new ControlClient(controlSocket()).post("/v1/reload");
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

  private Path controlSocket() {
    if (socket != null) {
      return socket;
    }
    ConfigSources sources = ConfigSources.of(Optional.ofNullable(config), List.of());
    try {
      return Configuration.load(sources).settings().control().socket();
    } catch (SettingsException e) {
      // The daemon has to see it, too: it keeps the old configuration, and counts the failure.
      Path found = Configuration.controlSocket(sources);
      spec.commandLine().getErr().println("sluice: " + e.getMessage());
      return found;
    }
  }

  private void list(Map<String, Object> answer, String name, String words) {
    if (answer.get(name) instanceof List<?> keys) {
      keys.forEach(key -> out().println(words + key));
    }
  }

  /** Standard output, where only the result goes. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
