package dev.sluice.tool;

import dev.sluice.config.IoReason;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Creates temporary directories; the launchers place them according to TMPDIR. */
public final class TemporaryDirectory {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private TemporaryDirectory() {}

  /** Returns the directory of temporary files as an absolute path. */
  public static Path base() {
    return Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath().normalize();
  }

  /**
   * Creates a directory that only this user can enter.
   *
   * @param purpose its purpose, for the error
   * @param remedy what the user can do if the directory cannot be created
   */
  public static Path make(Path parent, String prefix, String purpose, String remedy)
      throws ToolException {
    try {
      return make(parent, prefix);
    } catch (IOException e) {
      throw new ToolException(
          "cannot create a directory for "
              + purpose
              + " in "
              + parent
              + ": "
              + IoReason.of(e)
              + "; "
              + remedy,
          e);
    }
  }

  /** Names the directory after the process, which is short and readable; if taken, at random. */
  private static Path make(Path parent, String prefix) throws IOException {
    try {
      return Files.createDirectory(
          parent.resolve(prefix + ProcessHandle.current().pid()), OWNER_ONLY);
    } catch (FileAlreadyExistsException e) {
      return Files.createTempDirectory(parent, prefix);
    }
  }
}
