package dev.sluice.service.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Corpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Any web-config is either read, or refused in one line. */
public final class WebConfigFuzzTest {
  private static final Path FILE = file();

  private static int understood;

  @Test
  void shouldReadOrRefuseWhateverIsConfigured() {
    Corpus.replay("web-config", 100, WebConfigFuzzTest::fuzzerTestOneInput);
    assertTrue(understood > 20, "understood: " + understood);
  }

  private static Path file() {
    try {
      Path file = Files.createTempFile("sluice-fuzz", ".yml");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Entry point for Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Files.write(FILE, input);
    try {
      new WebConfigReader(FILE).read();
      understood++;
    } catch (WebConfigException e) {
      assertEquals(1, e.getMessage().lines().count(), e::getMessage);
    }
  }
}
