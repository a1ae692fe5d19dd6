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

/** New directories among the temporary files, which the launchers place where TMPDIR says. */
public final class TemporaryDirectory {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private TemporaryDirectory() {}

  /** Where temporary files go, as an absolute path. */
  public static Path base() {
    return Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath().normalize();
  }

  /**
   * A new directory that only this user may enter.
   *
   * @param purpose what it is for, in the error
   * @param remedy what the user can do if there is no place for it
   */
  public static Path make(Path parent, String prefix, String purpose, String remedy)
      throws ToolException {
    try {
      return make(parent, prefix);
    } catch (IOException e) {
      throw new ToolException(
          "cannot make a directory for "
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

  /** By the number of the process, which is short enough to be read; else by a random one. */
  private static Path make(Path parent, String prefix) throws IOException {
    try {
      return Files.createDirectory(
          parent.resolve(prefix + ProcessHandle.current().pid()), OWNER_ONLY);
    } catch (FileAlreadyExistsException e) {
      return Files.createTempDirectory(parent, prefix);
    }
  }
}
