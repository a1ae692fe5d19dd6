package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipeReaderTest {
  @TempDir private Path folder;

  /** Queries the descriptors of a shell's pipe in a separate JVM, like a command. */
  private String asked(String shell) throws Exception {
    Path answer = folder.resolve("answer");
    String java =
        String.join(
            " ",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            "'" + System.getProperty("java.class.path") + "'",
            "'" + Asker.class.getName() + "'",
            "'" + answer + "'");
    Process process =
        new ProcessBuilder("bash", "-c", String.format(shell, java)).inheritIO().start();
    process.waitFor();
    return Files.readString(answer);
  }

  @Test
  void shouldSeeThatAReaderHasClosedThePipe() throws Exception {
    assertTrue(Boolean.parseBoolean(asked("%s | true")));
  }

  @Test
  void shouldNotTakeAnythingElseForIt() throws Exception {
    assertFalse(Boolean.parseBoolean(asked("%s | cat")));
    assertFalse(Boolean.parseBoolean(asked("%s >/dev/full")));
    assertFalse(PipeReader.isGone(-1), "no descriptor");
  }

  /** Writes whether the reader of its standard output is gone. */
  public static final class Asker {
    private Asker() {}

    public static void main(String[] file) throws IOException {
      Files.writeString(Path.of(file[0]), Boolean.toString(PipeReader.isGone(1)));
    }
  }
}
