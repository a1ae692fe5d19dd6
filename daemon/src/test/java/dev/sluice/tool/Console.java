package dev.sluice.tool;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/** Runs commands as a shell would and keeps what they print. */
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

  /** The exit code. */
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
