package dev.sluice.tool;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Spec;

/** Prints the manual page, from the same declarations as {@code --help}. For packagers. */
@Command(name = "generate-man", hidden = true, description = "Print the manual page sluice(1).")
public final class ManPage implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.print(page(spec.root()));
    out.flush();
    return ExitCode.FINE;
  }

  /** Returns the page in troff's man macros. */
  static String page(CommandSpec root) {
    List<String> lines = new ArrayList<>();
    // No date: the same sources produce the same page.
    lines.add(".TH SLUICE 1 \"\" \"" + text(root.version()[0].split(" \\(", 2)[0]) + "\"");
    lines.add(".nh");
    lines.add(".SH NAME");
    lines.add("sluice \\- owner of the profiling buffers of Ascend devices");
    lines.add(".SH SYNOPSIS");
    lines.add(".B sluice");
    lines.add("COMMAND [OPTION ...]");
    lines.add(".SH DESCRIPTION");
    lines.add(text(String.join(" ", root.usageMessage().description())));
    lines.add(".SH COMMANDS");
    for (Map.Entry<String, CommandLine> entry : root.subcommands().entrySet()) {
      CommandSpec command = entry.getValue().getCommandSpec();
      if (!command.usageMessage().hidden()) {
        command(lines, entry.getKey(), command);
      }
    }
    lines.add(".SH EXIT STATUS");
    lines.add(
        "0 fine, 1 failed, 2 wrong usage or configuration, 3 finished but records were lost.");
    lines.add(".SH FILES");
    entry(lines, "/etc/sluice/sluice.conf", "Settings that differ from the built-in ones.");
    entry(lines, "/etc/default/sluice", "Environment of the service: Java and its options.");
    entry(
        lines,
        "/run/sluice/",
        "Sockets: attach.sock for producers, control.sock for the operator.");
    entry(lines, "/var/lib/sluice/captures/", "Captures.");
    lines.add(".SH SIGNALS");
    entry(lines, "SIGTERM, SIGINT", "Drain, settle all sessions, and end.");
    entry(lines, "SIGHUP", "Reload the configuration.");
    lines.add(".SH SEE ALSO");
    lines.add("/usr/share/doc/sluice/docs/README.md, systemctl(1)");
    return String.join("\n", lines) + "\n";
  }

  private static void command(List<String> lines, String name, CommandSpec command) {
    StringBuilder synopsis = new StringBuilder("sluice ").append(name).append(" [OPTION ...]");
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      synopsis.append(' ').append(parameter.paramLabel());
    }
    lines.add(".SS " + text(synopsis.toString()));
    lines.add(text(String.join(" ", command.usageMessage().description())));
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      entry(
          lines, parameter.paramLabel(), words(parameter.description(), parameter.defaultValue()));
    }
    for (OptionSpec option : command.options()) {
      if (!option.hidden() && !option.usageHelp() && !option.versionHelp()) {
        String label = option.arity().max() == 0 ? "" : "=" + option.paramLabel();
        entry(
            lines,
            String.join(", ", option.names()) + label,
            words(option.description(), option.defaultValue()));
      }
    }
  }

  /** Returns the text of {@code --help} with the default inserted. */
  private static String words(String[] description, String defaultValue) {
    return String.join(" ", description)
        .replace("${DEFAULT-VALUE}", String.valueOf(defaultValue))
        .replace("%%", "%");
  }

  private static void entry(List<String> lines, String term, String words) {
    lines.add(".TP");
    lines.add(".B " + text(term));
    lines.add(text(words));
  }

  /** Escapes what troff would interpret. */
  private static String text(String words) {
    String escaped = words.strip().replace("\\", "\\e").replace("-", "\\-");
    return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
  }
}
