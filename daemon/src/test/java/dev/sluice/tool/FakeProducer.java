package dev.sluice.tool;

import dev.sluice.bridge.NativeTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A shell script in the place of sluice-producer, for as long as it is open. */
public final class FakeProducer implements AutoCloseable {
  private final Path folder;
  private final String previousPath;

  /**
   * @param script lines of a POSIX shell; the arguments it got are in the file {@code arguments}
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

  /** One that says it wrote so many records in two seconds. */
  public static FakeProducer producing(Path folder, long records) throws IOException {
    return new FakeProducer(folder, "echo '" + report(records) + "'\n");
  }

  public static String report(long records) {
    return report(records, 0.0);
  }

  /** Two seconds on however many threads, of which it waited so long. */
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
