package dev.sluice.tool;

import dev.sluice.bridge.PipeReader;
import dev.sluice.config.SettingsException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** The {@code sluice} command: registers the subcommands and turns every failure into one line. */
@Command(
    name = "sluice",
    description = {
      "Owns the profiling buffers of Ascend devices, refills them in time, and reports whether"
          + " any record was lost, where, and why."
    },
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Start with: " + Invocation.PROGRAM + " demo",
      "Help on a command: " + Invocation.PROGRAM + " COMMAND --help",
      "Sessions that outlive a restart, without systemd: "
          + Invocation.PROGRAM
          + " supervise --help"
    })
public final class SluiceCommand implements Runnable {
  private static final int STANDARD_OUTPUT = 1;

  @Spec private CommandSpec spec;

  private SluiceCommand() {}

  /**
   * Returns the command line with these commands.
   *
   * @param version one line for {@code --version}
   */
  public static CommandLine commandLine(String version, List<Object> commands) {
    List<Object> all = new ArrayList<>(commands);
    all.add(new HelpCommand());
    // Also for a shell without the package: source <(sluice generate-completion).
    all.add(new ManPage());
    CommandLine completion = new CommandLine(new GenerateCompletion());
    completion.getCommandSpec().usageMessage().hidden(true);
    all.add(completion);
    return only(version, all);
  }

  /** Returns a command line with only these commands, for an invocation that names one of them. */
  public static CommandLine only(String version, List<Object> commands) {
    CommandLine commandLine = new CommandLine(new SluiceCommand());
    commands.forEach(commandLine::addSubcommand);
    commandLine.getCommandSpec().version(version);
    commandLine.getCommandSpec().mixinStandardHelpOptions(true);
    for (CommandLine subcommand : commandLine.getSubcommands().values()) {
      subcommand.getCommandSpec().version(version);
      subcommand.getCommandSpec().mixinStandardHelpOptions(true);
    }
    commandLine.setUsageHelpWidth(100);
    commandLine.setParameterExceptionHandler((e, arguments) -> usage(e));
    commandLine.setExecutionExceptionHandler((e, failed, parsed) -> failure(e, failed));
    commandLine.setExecutionStrategy(parsed -> checked(commandLine, parsed));
    return commandLine;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command?");
  }

  /**
   * Turns a failed write of the result into a failure, unless the reader closed the pipe: {@code
   * sluice captures | head}.
   */
  private static int checked(CommandLine commandLine, ParseResult parsed) {
    int exitCode = new RunLast().execute(parsed);
    if (parsed.asCommandLineList().stream().noneMatch(each -> each.getOut().checkError())) {
      return exitCode;
    }
    if (PipeReader.isGone(STANDARD_OUTPUT)) {
      return exitCode;
    }
    commandLine.getErr().println("sluice: cannot write to standard output");
    return ExitCode.FAILED;
  }

  private static int usage(ParameterException e) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("sluice: " + UsageErrors.words(e));
    String[] words = (command.getCommandSpec().qualifiedName() + " --help").split(" ", -1);
    err.println("Try '" + Invocation.of(Arrays.copyOfRange(words, 1, words.length)) + "'.");
    return ExitCode.USAGE;
  }

  private static int failure(Exception e, CommandLine command) {
    PrintWriter err = command.getErr();
    if (e instanceof SettingsException) {
      err.println("sluice: " + e.getMessage());
      return ExitCode.USAGE;
    }
    if (e instanceof ToolException failure) {
      err.println("sluice: " + e.getMessage());
      return failure.exitCode();
    }
    err.println("sluice: internal error; please report it with these lines");
    e.printStackTrace(err);
    return ExitCode.FAILED;
  }
}
