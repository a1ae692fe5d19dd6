package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.bridge.NativeTools;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A user who is neither the daemon's user nor in its group, at both Unix sockets. */
@ExtendWith(FailureDump.class)
class ForeignUserTest {
  private static final int NOBODY = 65_534;

  @BeforeEach
  void needRoot() {
    Assumptions.assumeTrue(
        ProcessHandle.current().info().user().orElse("").equals("root"),
        "only root can start a process of another user");
    for (String program : List.of("setpriv", "curl")) {
      Assumptions.assumeTrue(
          Files.isExecutable(Path.of("/usr/bin", program)), "no " + program + " here");
    }
  }

  private record Ended(int code, String output) {}

  private static Ended runAsNobody(int gid, String... command) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                "/usr/bin/setpriv", "--reuid", "" + NOBODY, "--regid", "" + gid, "--clear-groups"));
    all.addAll(List.of(command));
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(20, TimeUnit.SECONDS), "it hangs");
    return new Ended(process.exitValue(), output);
  }

  private static void open(Path path, String mode) throws Exception {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  @Test
  void shouldNotControl() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      Path socket = daemon.folder().resolve("control.sock");
      open(daemon.folder(), "rwxr-xr-x");
      String[] ask = {
        "/usr/bin/curl", "-sS", "--unix-socket", socket.toString(), "http://sluice/v1/status"
      };
      assertNotEquals(0, runAsNobody(NOBODY, ask).code(), "the mode of the file keeps it out");
      open(socket, "rwxrwxrwx"); // an operator's mistake
      Ended refused = runAsNobody(NOBODY, ask);
      assertEquals("only root and the daemon's user may control it", refused.output().strip());
      assertEquals(1, daemon.logged(Level.WARN, "control: refused").size());
    }
  }

  @Test
  void shouldNotAttachUnlessItsGroupMay() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.attach.allowed-gids=[4242]")) {
      open(daemon.folder(), "rwxr-xr-x");
      open(daemon.attachSocket(), "rwxrwxrwx");
      // The build directory need not be readable for other users.
      Path producer = daemon.folder().resolve("producer");
      Files.copy(
          NativeTools.find(NativeTools.PRODUCER), producer, StandardCopyOption.REPLACE_EXISTING);
      open(producer, "rwxr-xr-x");
      String[] attach = {
        producer.toString(),
        "--socket",
        daemon.attachSocket().toString(),
        "--name",
        "foreign",
        "--cores",
        "2",
        "--aicpu-threads",
        "1",
        "--duration-ns",
        "10000000",
        "--json"
      };
      Ended refused = runAsNobody(NOBODY, attach);
      assertNotEquals(0, refused.code());
      assertTrue(daemon.sessions().isEmpty(), refused.output());
      assertEquals(1, daemon.metric("sluice_attach_failures_total{reason=\"permission\"}"));
      Ended member = runAsNobody(4242, attach);
      assertEquals(0, member.code(), member.output());
      assertTrue(daemon.session("foreign").isEnded());
    }
  }
}
