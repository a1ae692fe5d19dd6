package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Printed commands must run when pasted. */
class InvocationTest {
  private static final Path LAUNCH = Path.of("..", "config", "launch.sh").toAbsolutePath();

  @TempDir private Path folder;

  @AfterEach
  void forget() {
    System.clearProperty(Invocation.PROPERTY);
  }

  @Test
  void shouldQuoteOnlyWhatAShellWouldTakeApart() throws IOException, InterruptedException {
    assertEquals("sluice verify /tmp/a-1_2.3", Invocation.of("verify", "/tmp/a-1_2.3"));
    List<String> odd = List.of("/tmp/with blank", "it's", "$HOME", "", "~/x", "a;b");
    String printed = "";
    for (String word : odd) {
      printed += " " + Invocation.quoted(word);
    }
    assertEquals(
        String.join("\n", odd) + "\n", bash("printf '%s\\n'" + printed), "as bash reads it");
  }

  @Test
  void shouldNameTheProgramAsItWasCalled() {
    System.setProperty(Invocation.PROPERTY, "../my sluice/sluice");
    assertEquals("'../my sluice/sluice' captures", Invocation.of("captures"));

    System.setProperty(Invocation.PROPERTY, "./sluice");
    Console console = new Console(new StatusCommand(new StopSignal()));
    assertEquals(ExitCode.FINE, console.run("status", "--help"));
    assertTrue(console.out().contains("  ./sluice status --watch"), console.out());
    assertEquals(ExitCode.USAGE, console.run("status", "--wach"));
    assertTrue(console.err().contains("Try './sluice status --help'."), console.err());
    assertEquals(ExitCode.FAILED, console.run("status", "--url", "http://127.0.0.1:1"));
    assertTrue(console.err().contains("start one with './sluice daemon'"), console.err());
  }

  @Test
  void shouldNameTheInstalledProgramWithoutALauncher() {
    Console console = new Console(new StatusCommand(new StopSignal()));
    console.run("--help");
    assertTrue(console.out().contains("Start with: sluice demo"), console.out());
  }

  @Test
  void shouldTellJavaHowItWasCalledAndWhereTemporaryFilesGo() throws Exception {
    Path program = Files.writeString(folder.resolve("sluice"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    assertEquals("-Dsluice.command=./sluice\n", caller("unset TMPDIR", "./sluice"));
    assertEquals("-Dsluice.command=../x/sluice\n", caller("unset TMPDIR", "../x/sluice"));
    assertEquals("-Dsluice.command=./sluice\n", caller("unset TMPDIR", "sluice"), "bash sluice");
    assertEquals(
        "-Dsluice.command=sluice\n",
        caller("unset TMPDIR; PATH=" + folder + ":$PATH", program.toString()),
        "the PATH leads to it");
    assertEquals(
        "-Dsluice.command=./sluice\n-Djava.io.tmpdir=/a b\n",
        caller("export TMPDIR='/a b'", "./sluice"));
  }

  @Test
  void shouldKeepTheTextsOfTheSystemEnglishAndNamesWhole() throws Exception {
    String show =
        "settle_locale; echo \"$LC_CTYPE $LC_MESSAGES ${LC_ALL-unset} ${LANGUAGE-unset}\"";
    String c = "unset LANG LC_CTYPE LC_ALL LANGUAGE LC_MESSAGES; ";
    assertEquals("C.UTF-8 C unset unset\n", launch(c + show));
    assertEquals("C.UTF-8 C unset unset\n", launch(c + "export LC_ALL=POSIX LANG=C; " + show));
    assertEquals(
        "C.utf8 C unset unset\n",
        launch(c + "export LC_ALL=C.utf8 LANGUAGE=zh_CN LC_MESSAGES=C.utf8; " + show));
    assertEquals("C.utf8 C unset unset\n", launch(c + "export LANG=C.utf8; " + show));
  }

  @Test
  void shouldYieldToTheCollectorAndTheHeapOfTheUser() throws Exception {
    String ours = "jvm_options=(-Xms64m -Xmx256m -XX:+UseZGC -XX:ConcGCThreads=1 -Xlog:disable); ";
    String show = "; yield_to_user_options; echo \"${jvm_options[@]}\"";
    String none =
        "unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS SLUICE_JAVA_OPTS; " + ours;
    assertEquals(
        "-Xms64m -Xmx256m -XX:+UseZGC -XX:ConcGCThreads=1 -Xlog:disable\n",
        launch(none + "export SLUICE_JAVA_OPTS=-Dx=y" + show));
    for (String variable :
        List.of("SLUICE_JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")) {
      assertEquals(
          "-Xms64m -Xmx256m -Xlog:disable\n",
          launch(none + "export " + variable + "='-Dx=y -XX:+UseG1GC'" + show),
          variable);
    }
    assertEquals(
        "-Xmx256m -XX:+UseZGC -XX:ConcGCThreads=1 -Xlog:disable\n",
        launch(none + "export SLUICE_JAVA_OPTS=-Xmx32m" + show));
  }

  private static String launch(String script) throws IOException, InterruptedException {
    return bash("set -euo pipefail; . " + LAUNCH + "; " + script);
  }

  private static String caller(String before, String called)
      throws IOException, InterruptedException {
    return bash(
        "set -euo pipefail; "
            + before
            + "; . '"
            + LAUNCH
            + "'; describe_caller '"
            + called
            + "'; printf '%s\\n' \"${caller[@]}\"");
  }

  private static String bash(String script) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("bash", "-c", script).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
