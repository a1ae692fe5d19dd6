package dev.sluice.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel says of one process, read from {@code /proc}. Stateless. */
public final class ProcessFigures {
  private static final int MINOR_FAULTS_FIELD = 10;
  private static final int USER_TIME_FIELD = 14;
  private static final int SYSTEM_TIME_FIELD = 15;

  /** USER_HZ, which is 100 on every machine that Sluice runs on. */
  private static final double TICKS_PER_SECOND = 100;

  private final Path folder;

  private ProcessFigures(Path folder) {
    this.folder = folder;
  }

  public static ProcessFigures ofThisProcess() {
    return new ProcessFigures(Path.of("/proc/self"));
  }

  public static ProcessFigures of(long pid) {
    return new ProcessFigures(Path.of("/proc/" + pid));
  }

  /**
   * Processor time since the start of the process, also of threads that have ended, to 20 ms. A
   * session's threads end with it, so this is what a run has used.
   */
  public double cpuSeconds() {
    String[] fields = stat();
    return (field(fields, USER_TIME_FIELD) + field(fields, SYSTEM_TIME_FIELD)) / TICKS_PER_SECOND;
  }

  /** Processor time of the threads that are alive, in nanoseconds: for a process that idles. */
  public double cpuSecondsOfLiveThreads() {
    long nanos = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(folder.resolve("task"))) {
      for (Path thread : threads) {
        try {
          String text = Files.readString(thread.resolve("schedstat"));
          nanos += Long.parseLong(text.substring(0, text.indexOf(' ')));
        } catch (IOException e) {
          // A thread may end between the listing and the read, or within the read (ESRCH).
          if (Files.exists(thread)) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return nanos / 1e9;
  }

  /** Page faults that needed no disk, since the start of the process. */
  public long minorFaults() {
    return field(stat(), MINOR_FAULTS_FIELD);
  }

  /** The fields of {@code stat} from the third on. */
  private String[] stat() {
    String stat = read("stat");
    // The second field is the command in parentheses, and may itself hold blanks.
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
  }

  private static long field(String[] fields, int number) {
    return Long.parseLong(fields[number - 3]);
  }

  /**
   * Resident bytes that are the process's own or of files it maps. Shared memory (arenas, but also
   * ZGC's heap on JDK 17, which is mapped several times) is left out of the first number.
   */
  public Resident resident() {
    long anonymousKib = 0;
    long fileKib = 0;
    long sharedKib = 0;
    for (String line : read("status").split("\n", -1)) {
      String[] words = line.split("\\s+", -1);
      switch (words[0]) {
        case "RssAnon:" -> anonymousKib = Long.parseLong(words[1]);
        case "RssFile:" -> fileKib = Long.parseLong(words[1]);
        case "RssShmem:" -> sharedKib = Long.parseLong(words[1]);
        default -> {}
      }
    }
    return new Resident((anonymousKib + fileKib) << 10, sharedKib << 10);
  }

  /** Load average of the last minute. */
  public static double load() {
    try {
      String text = Files.readString(Path.of("/proc/loadavg"));
      return Double.parseDouble(text.substring(0, text.indexOf(' ')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String read(String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param privateBytes anonymous and file pages
   * @param sharedBytes shared memory, as often as it is mapped
   */
  public record Resident(long privateBytes, long sharedBytes) {}
}
