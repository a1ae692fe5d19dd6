package dev.sluice.tool;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/** Runs commands like a shell and keeps their output. */
public final class Console {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine commandLine;

  public Console(Object... commands) {
    commandLine =
        SluiceCommand.commandLine("sluice 1.2.3 (revision abc, Java 17)", List.of(commands))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err));
  }

  /** Runs a command; returns its exit code. */
  public int run(String... arguments) {
    return commandLine.execute(arguments);
  }

  public String out() {
    commandLine.getOut().flush();
    return out.toString();
  }

  public String err() {
    commandLine.getErr().flush();
    return err.toString();
  }
}
