package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.StopSignal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Texts that packages ship: manual page, completion, and the files for systemd. */
class PackagedTextsTest {
  private static final Path DEPLOY = Path.of(System.getProperty("basedir", "."), "..", "deploy");

  @TempDir Path directory;

  private static CommandLine commandLine() {
    return Sluice.commandLine(new SluiceHost(Sluice.buildInfo(), Map.of()), new StopSignal());
  }

  private static String print(String command) {
    StringWriter output = new StringWriter();
    assertEquals(0, commandLine().setOut(new PrintWriter(output, true)).execute(command));
    return output.toString();
  }

  /** Exit code and output of a program; the test is skipped if the program is not installed. */
  private record Ran(int exitCode, String output) {}

  private static Ran run(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      Assumptions.abort(command[0] + " is not installed here");
      throw new AssertionError(e);
    }
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ran(process.waitFor(), output);
  }

  @Test
  void shouldExplainEveryCommandAndOptionInTheManualPage() {
    String page = print("generate-man").replace("\\-", "-");
    for (Map.Entry<String, CommandLine> command : commandLine().getSubcommands().entrySet()) {
      if (command.getValue().getCommandSpec().usageMessage().hidden()) {
        assertFalse(page.contains("sluice " + command.getKey()), command.getKey());
        continue;
      }
      String section = section(page, ".SS sluice " + command.getKey() + " ");
      for (OptionSpec option : command.getValue().getCommandSpec().options()) {
        if (!option.hidden() && !option.usageHelp() && !option.versionHelp()) {
          assertTrue(section.contains(option.longestName()), option.longestName());
        }
      }
    }
    assertFalse(page.contains("${"), "an expression of picocli is left");
    assertFalse(page.contains("@|"), "a style of picocli is left");
  }

  private static String section(String page, String heading) {
    int start = page.indexOf(heading);
    assertTrue(start >= 0, "no " + heading);
    int end = page.indexOf("\n.S", start + 1);
    return page.substring(start, end);
  }

  @Test
  void shouldPrintAManualPageThatTroffAccepts() throws Exception {
    Path page = Files.writeString(directory.resolve("sluice.1"), print("generate-man"));
    // Runs groff directly, because man hides its warnings.
    Ran groff = run("groff", "-man", "-Tutf8", "-ww", "-z", page.toString());
    assertEquals(new Ran(0, ""), groff);
  }

  @Test
  void shouldCompleteCommandsAndOptions() throws Exception {
    Path script = Files.writeString(directory.resolve("sluice"), print("generate-completion"));
    String probe =
        // compopt works only inside a completion.
        "compopt() { :; }; source "
            + script
            + "; COMP_WORDS=(sluice relo); COMP_CWORD=1; _complete_sluice;"
            + " echo ${COMPREPLY[@]}; COMP_WORDS=(sluice daemon --che); COMP_CWORD=2;"
            + " _complete_sluice; echo ${COMPREPLY[@]}";
    assertEquals(new Ran(0, "reload\n--check-config\n"), run("bash", "-c", probe));
  }

  @Test
  void shouldHaveAUnitThatSystemdAccepts() throws Exception {
    // systemd-analyze wants the program to exist, even where Sluice is not installed.
    String unit =
        Files.readString(DEPLOY.resolve("systemd/sluice.service"))
            .replace("=/usr/bin/sluice ", "=/bin/true ");
    Path file = Files.writeString(directory.resolve("sluice.service"), unit);
    assertEquals(new Ran(0, ""), run("systemd-analyze", "verify", "--man=no", file.toString()));
  }

  @Test
  void shouldExposeLittle() throws Exception {
    List<String> command =
        new ArrayList<>(List.of("systemd-analyze", "security", "--no-pager", "--offline=true"));
    // In tenths: at most 2.5. The exit code is 1 above that.
    command.add("--threshold=25");
    command.add(DEPLOY.resolve("systemd/sluice.service").toRealPath().toString());
    Ran security = run(command.toArray(String[]::new));
    assertEquals(0, security.exitCode(), security.output());
    assertTrue(security.output().contains("Overall exposure level"), security.output());
  }

  /** Every point left open must be explained in docs/operations.md. */
  @Test
  void shouldExplainEveryPointThatIsLeftOpen() throws Exception {
    Ran security =
        run(
            "systemd-analyze",
            "security",
            "--no-pager",
            "--offline=true",
            DEPLOY.resolve("systemd/sluice.service").toRealPath().toString());
    String page = Files.readString(DEPLOY.resolve("../docs/operations.md"));
    List<String> unexplained =
        security
            .output()
            .lines()
            .filter(line -> line.startsWith("\u2717"))
            .map(line -> line.substring(1).strip().split(" ", 2)[0])
            .filter(point -> !page.contains("| `" + point + "` |"))
            .toList();
    assertEquals(List.of(), unexplained);
  }
}
