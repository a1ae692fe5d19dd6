package dev.sluice.tool;

import dev.sluice.bridge.NativeTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A shell script that replaces sluice-producer until closed. */
public final class FakeProducer implements AutoCloseable {
  private final Path folder;
  private final String previousPath;

  /**
   * @param script POSIX shell lines; the arguments are in the file {@code arguments}
   */
  public FakeProducer(Path folder, String script) throws IOException {
    this.folder = folder;
    this.previousPath = System.getProperty(NativeTools.PATH_PROPERTY);
    Path program = folder.resolve(NativeTools.PRODUCER);
    Files.writeString(
        program,
        "#!/bin/sh\nprintf '%s\\n' \"$@\" > '" + folder.resolve("arguments") + "'\n" + script);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
  }

  /** Returns a producer that reports this many records in two seconds. */
  public static FakeProducer producing(Path folder, long records) throws IOException {
    return new FakeProducer(folder, "echo '" + report(records) + "'\n");
  }

  public static String report(long records) {
    return report(records, 0.0);
  }

  /** Returns a report of two seconds, including the stall time summed over all threads. */
  public static String report(long records, double stallSeconds) {
    return "{\"produced_records\": "
        + records
        + ", \"duration_seconds\": 2.0, \"bytes_per_second\": "
        + 16 * records
        + ", \"max_pause_seconds\": 0.0, \"stall_seconds\": "
        + stallSeconds
        + "}";
  }

  public List<String> arguments() throws IOException {
    return Files.readAllLines(folder.resolve("arguments"));
  }

  @Override
  public void close() {
    if (previousPath == null) {
      System.clearProperty(NativeTools.PATH_PROPERTY);
    } else {
      System.setProperty(NativeTools.PATH_PROPERTY, previousPath);
    }
  }
}
