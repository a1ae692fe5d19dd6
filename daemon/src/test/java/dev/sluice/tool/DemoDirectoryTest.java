package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDirectoryTest {
  private static final String TEMPORARY = "java.io.tmpdir";

  @TempDir private Path folder;

  private final String before = System.getProperty(TEMPORARY);
  private final List<String> messages = new ArrayList<>();

  @BeforeEach
  void placeTemporaryFilesHere() {
    System.setProperty(TEMPORARY, folder.toString());
  }

  @AfterEach
  void placeThemAsBefore() {
    System.setProperty(TEMPORARY, before);
  }

  /** Returns the directory of a demo that has captured something and ended. */
  private Path ended(boolean isKept) throws Exception {
    try (DemoDirectory directory = DemoDirectory.make(isKept, messages::add)) {
      capture(directory.path());
      return directory.path();
    }
  }

  private static void capture(Path directory) throws IOException {
    Path capture = Files.createDirectories(directory.resolve("capture/deeper"));
    Files.writeString(capture.resolve("000000.seg"), "records");
  }

  @Test
  void shouldKeepTheCaptureOfTheLastDemoAlone() throws Exception {
    Path first = ended(false);
    assertTrue(Files.exists(first.resolve("capture")), "it outlives its demo");
    Path second = ended(false);
    assertFalse(Files.exists(first));
    assertTrue(Files.exists(second.resolve("capture")));
    assertEquals(List.of("removed the capture of an earlier demo, " + first), messages);
  }

  @Test
  void shouldKeepWhatItWasAskedToKeep() throws Exception {
    Path first = ended(false);
    Path kept = ended(true);
    assertTrue(Files.exists(first), "asked to keep, it removes none");
    ended(false);
    assertTrue(Files.exists(kept.resolve("capture")));
    assertFalse(Files.exists(first));
  }

  @Test
  void shouldNotRemoveTheCaptureOfADemoThatRuns() throws Exception {
    try (DemoDirectory running = DemoDirectory.make(false, messages::add)) {
      capture(running.path());
      Path second = ended(false);
      assertTrue(Files.exists(running.path().resolve("capture")));
      assertTrue(Files.exists(second));
    }
    assertEquals(List.of(), messages);
  }

  @Test
  void shouldSeeThatADemoRunsInAnotherProcess() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-D" + TEMPORARY + "=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                OtherDemo.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      Path path = Path.of(other.inputReader().readLine());
      ended(false);
      assertTrue(Files.exists(path.resolve("capture")), "it runs");
      other.destroyForcibly().waitFor();
      ended(false);
      assertFalse(Files.exists(path), "it was killed");
    } finally {
      other.destroyForcibly();
    }
  }

  /** A demo that runs until it is killed or its standard input ends with the test. */
  public static final class OtherDemo {
    private OtherDemo() {}

    public static void main(String[] arguments) throws Exception {
      try (DemoDirectory directory = DemoDirectory.make(false, message -> {})) {
        capture(directory.path());
        System.out.println(directory.path());
        System.in.read();
      }
    }
  }

  @Test
  void shouldTouchNothingThatNoDemoMade() throws Exception {
    Path unmarked = Files.createDirectories(folder.resolve("sluice-demo-of-the-user/capture"));
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Files.createFile(elsewhere.resolve(DemoDirectory.MARK));
    Path link = Files.createSymbolicLink(folder.resolve("sluice-demo-link"), elsewhere);
    Path precious = Files.writeString(folder.resolve("precious"), "mine");
    Path demo = ended(false);
    Files.createSymbolicLink(demo.resolve("capture/link"), precious);
    ended(false);
    assertFalse(Files.exists(demo));
    assertTrue(Files.exists(unmarked));
    assertTrue(Files.exists(elsewhere));
    assertTrue(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
    assertTrue(Files.exists(precious), "a link is removed, not what it leads to");
    assertEquals(List.of("removed the capture of an earlier demo, " + demo), messages);
  }

  @Test
  void shouldTouchNothingOfAnotherUser() throws Exception {
    Path demo = ended(false);
    UserPrincipal other =
        folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
    try {
      Files.setOwner(demo, other);
    } catch (IOException e) {
      Assumptions.abort("only root can give a directory away");
    }
    ended(false);
    assertTrue(Files.exists(demo));
  }

  @Test
  void shouldLeaveNothingOfADemoThatCapturedNothing() throws Exception {
    DemoDirectory.make(false, messages::add).close();
    DemoDirectory.make(true, messages::add).close();
    try (var left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void shouldSayWhyThereIsNoPlaceAndWhatHelps() {
    System.setProperty(TEMPORARY, folder.resolve("missing").toString());
    ToolException e =
        assertThrows(ToolException.class, () -> DemoDirectory.make(false, messages::add));
    assertEquals(
        "cannot create a directory for the capture in "
            + folder.resolve("missing")
            + ": no such file or directory; set TMPDIR or --capture-directory to another directory",
        e.getMessage());
  }
}
