package dev.sluice.tool;

import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows or sets the log levels of the running daemon. */
@Command(
    name = "log-level",
    description =
        "Show or set the log level of the running daemon, until its next start or a change of"
            + " sluice.log.level.",
    footer = {
      "",
      "Examples:",
      "  " + Invocation.PROGRAM + " log-level                            all that are set",
      "  " + Invocation.PROGRAM + " log-level root debug",
      "  " + Invocation.PROGRAM + " log-level dev.sluice.session trace",
      "  " + Invocation.PROGRAM + " log-level dev.sluice.session inherit"
    })
public final class LogLevelCommand implements Callable<Integer> {
  private static final List<String> LEVELS =
      List.of("error", "warn", "info", "debug", "trace", "inherit");

  @Spec private CommandSpec spec;

  @Mixin private ControlAddress address = new ControlAddress();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "LOGGER",
      description = "root, or the name of a package or class as in the log.")
  private String logger;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "LEVEL",
      description = "error, warn, info, debug, trace; inherit: that of the logger above.")
  private String level;

  @Option(names = "--json", description = "Print the daemon's answer as one JSON object.")
  private boolean isJson;

  @Override
  public Integer call() throws ToolException {
    Map<String, Object> answer = logger == null ? address.client().get("/v1/log-level") : ask();
    if (isJson) {
      out().println(Json.print(answer));
    } else if (logger == null) {
      TextTable table = new TextTable().text("logger", 0).text("level", 0);
      Json.object(answer, "loggers").forEach((name, own) -> table.row(name, own.toString()));
      out().print(table.print(Terminal.ofStandardOutput().columns()));
    } else {
      out().println(logger + " " + Json.text(answer, "level"));
    }
    out().flush();
    return ExitCode.FINE;
  }

  private Map<String, Object> ask() throws ToolException {
    String query = "/v1/log-level?logger=" + URLEncoder.encode(logger, StandardCharsets.UTF_8);
    if (level != null) {
      if (!LEVELS.contains(level)) {
        throw usage("'" + level + "' is not a level; write one of " + String.join(", ", LEVELS));
      }
      return address.client().post(query + "&level=" + level);
    }
    if (LEVELS.contains(logger)) {
      throw usage("name the logger as well: " + Invocation.of("log-level", "root", logger));
    }
    return address.client().get(query);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** Returns standard output, which carries only the result. */
  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
