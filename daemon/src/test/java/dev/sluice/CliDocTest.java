package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.docs.GeneratedDoc;
import dev.sluice.service.BuildInfo;
import dev.sluice.tool.StopSignal;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Checks docs/cli.md against the help texts of the commands. */
class CliDocTest {
  private final CommandLine commands =
      Sluice.commandLine(new SluiceHost(new BuildInfo("0", "0", "17"), Map.of()), new StopSignal());

  @Test
  void shouldDocumentEveryCommand() throws IOException {
    StringBuilder page =
        new StringBuilder(
            """
            # Command line

            <!-- Generated from the commands by CliDocTest. Do not edit. -->

            What `sluice COMMAND --help` prints. In a checkout write `./sluice`. Exit codes: 0 fine, 1 failed, 2 wrong
            usage or configuration, 3 finished but records were lost. `--json` prints exactly one object on standard output;
            progress goes to standard error. Rates, sizes and times have units: `500MB/s`, `2GiB`, `30us`. Tables fit the
            terminal; colour is used on a terminal only, and not with `NO_COLOR`.

            A capture is named by its path, its name, an unambiguous beginning of it, or `latest`.
            """);
    commands
        .getSubcommands()
        .forEach(
            (name, command) -> {
              if (!command.getCommandSpec().usageMessage().hidden()) {
                page.append("\n## sluice ").append(name).append("\n\n```\n");
                page.append(command.getUsageMessage(CommandLine.Help.Ansi.OFF).stripTrailing());
                page.append("\n```\n");
              }
            });
    GeneratedDoc.assertUpToDate("cli.md", page.toString());
  }

  @Test
  void shouldShowAnExampleOfEveryCommand() {
    commands
        .getSubcommands()
        .forEach(
            (name, command) -> {
              String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
              assertTrue(
                  command.getCommandSpec().usageMessage().hidden()
                      || name.equals("help")
                      || (help.contains("Example") && help.contains(" sluice " + name)),
                  help);
            });
  }
}
