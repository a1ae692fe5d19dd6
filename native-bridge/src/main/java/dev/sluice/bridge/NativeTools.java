package dev.sluice.bridge;

import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Finds the native programs that the build makes: beside the checkout, named by {@code
 * -Dsluice.native.path}, or else in the jar, from where they are copied into a private folder.
 *
 * <p>Thread-safe. The private folder lives as long as the process and is removed at its end.
 */
public final class NativeTools {
  /** Folder that holds the built programs; the launcher and the tests set it. */
  public static final String PATH_PROPERTY = "sluice.native.path";

  /** The synthetic AICPU producer. */
  public static final String PRODUCER = "sluice-producer";

  /** The hosts in plain C that {@code sluice bench} measures beside the daemon. */
  public static final String BASELINE = "sluice-baseline";

  private static Path extractedFolder;

  private NativeTools() {}

  /**
   * The executable file of a program.
   *
   * @throws IOException with one line that says where it was looked for
   */
  public static Path find(String program) throws IOException {
    String configured = System.getProperty(PATH_PROPERTY);
    if (configured != null) {
      Path file = Path.of(configured, program);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    return extract(program, configured);
  }

  private static synchronized Path extract(String program, String configured) throws IOException {
    String resource = "/" + Platform.RESOURCE_PREFIX + "/" + program;
    try (InputStream stream = NativeTools.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IOException(
            "the program "
                + program
                + " is missing: neither in "
                + (configured == null ? "-D" + PATH_PROPERTY + " (not set)" : configured)
                + " nor in the jar as "
                + resource);
      }
      if (extractedFolder == null) {
        extractedFolder = Files.createTempDirectory("sluice-native-");
        extractedFolder.toFile().deleteOnExit();
      }
      Path file = extractedFolder.resolve(program);
      if (!Files.exists(file)) {
        // First under another name: a half-copied program must never be started.
        Path partial = extractedFolder.resolve(program + ".partial");
        Files.copy(stream, partial);
        Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwx------"));
        Files.move(partial, file);
        // Files are deleted in reverse order of registration, so before their folder.
        file.toFile().deleteOnExit();
      }
      return file;
    }
  }
}
