package dev.sluice.bridge;

import com.sun.jna.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Finds the native programs of the build: in the directory named by {@code -Dsluice.native.path},
 * which exists in a checkout and in a package; otherwise in the jar, under JNA's name of this
 * platform, from which it copies them into a private directory.
 *
 * <p>Many hosts mount /tmp {@code noexec}: directories that do not allow programs are skipped, and
 * the error names them if none is left. Thread-safe. The private directory is removed when the
 * process ends.
 */
public final class NativeTools {
  /** Directory of the built programs; set by the launcher and the tests. */
  public static final String PATH_PROPERTY = "sluice.native.path";

  /** The synthetic AICPU producer. */
  public static final String PRODUCER = "sluice-producer";

  /** Platforms that the build supports, by JNA's names. */
  static final List<String> KNOWN_PLATFORMS = List.of("linux-x86-64", "linux-aarch64");

  private static Path extractedFolder;

  private NativeTools() {}

  /**
   * Returns the executable file of a program.
   *
   * @throws IOException one line with the searched places
   */
  public static Path find(String program) throws IOException {
    String configured = System.getProperty(PATH_PROPERTY);
    if (configured != null) {
      Path file = Path.of(configured, program);
      if (Files.isExecutable(file)) {
        return file;
      }
      if (Files.exists(file)) {
        throw new IOException(
            file + " may not be run: its mode lacks x, or its file system is mounted noexec");
      }
    }
    return extract(program, configured);
  }

  /** Returns the platforms whose programs are in the jar: this one and cross-built ones. */
  public static List<String> platforms() {
    return KNOWN_PLATFORMS.stream()
        .filter(platform -> NativeTools.class.getResource(resource(platform, PRODUCER)) != null)
        .toList();
  }

  static String resource(String platform, String program) {
    return "/" + platform + "/" + program;
  }

  private static synchronized Path extract(String program, String configured) throws IOException {
    String resource = resource(Platform.RESOURCE_PREFIX, program);
    if (NativeTools.class.getResource(resource) == null) {
      throw new IOException(
          "the program "
              + program
              + " is missing: neither in "
              + (configured == null ? "-D" + PATH_PROPERTY + " (not set)" : configured)
              + " nor in the jar as "
              + resource
              + "; the jar has native parts for "
              + (platforms().isEmpty() ? "no platform" : String.join(", ", platforms())));
    }
    if (extractedFolder == null) {
      extractedFolder = unpackInto(candidates(System.getenv()), resource, program);
    }
    Path file = extractedFolder.resolve(program);
    if (!Files.exists(file)) {
      copy(resource, file);
      // Files are deleted in reverse order of registration, so before their folder.
      file.toFile().deleteOnExit();
    }
    return file;
  }

  /** Directories to unpack into, best first: temporary directories, then the user's cache. */
  static List<Path> candidates(Map<String, String> environment) {
    return Stream.of(
            System.getProperty("java.io.tmpdir"),
            environment.get("XDG_RUNTIME_DIR"),
            System.getProperty("user.home") + "/.cache")
        .filter(folder -> folder != null && !folder.isEmpty())
        .map(Path::of)
        .toList();
  }

  /**
   * Unpacks a program into a private directory below the first directory that allows programs.
   *
   * @return the private directory
   */
  static Path unpackInto(List<Path> folders, String resource, String program) throws IOException {
    List<String> refusals = new ArrayList<>();
    for (Path folder : folders) {
      try {
        Path own = Files.createTempDirectory(folder, "sluice-native-");
        Path file = own.resolve(program);
        copy(resource, file);
        // The kernel's answer includes the mount options.
        if (Files.isExecutable(file)) {
          own.toFile().deleteOnExit();
          file.toFile().deleteOnExit();
          return own;
        }
        Files.delete(file);
        Files.delete(own);
        refusals.add(folder + " (mounted noexec)");
      } catch (IOException e) {
        refusals.add(folder + " (not writable)");
      }
    }
    throw new IOException(
        "the program "
            + program
            + " is in the jar, but no directory allows executing it: "
            + String.join(", ", refusals)
            + "; unpack "
            + resource
            + " from the jar elsewhere and name the directory with -D"
            + PATH_PROPERTY);
  }

  private static void copy(String resource, Path file) throws IOException {
    // Copy under another name first: a half-copied program must never be started.
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    try (InputStream stream = NativeTools.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IOException(resource + " is not in the jar");
      }
      Files.copy(stream, partial);
      Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwx------"));
      Files.move(partial, file);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
