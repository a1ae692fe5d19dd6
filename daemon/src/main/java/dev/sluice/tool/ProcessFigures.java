package dev.sluice.tool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kernel figures of one process, read from {@code /proc}. Stateless. */
public final class ProcessFigures {
  private static final int MINOR_FAULTS_FIELD = 10;
  private static final int USER_TIME_FIELD = 14;
  private static final int SYSTEM_TIME_FIELD = 15;

  /** USER_HZ: 100 on every machine that Sluice supports. */
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
   * Returns the CPU time since the start of the process, including ended threads, to 20 ms. A
   * session's threads end with it, so a run's usage is the growth of this value.
   */
  public double cpuSeconds() {
    String[] fields = stat();
    return (field(fields, USER_TIME_FIELD) + field(fields, SYSTEM_TIME_FIELD)) / TICKS_PER_SECOND;
  }

  /** Returns the CPU time of the live threads at nanosecond resolution, for an idle process. */
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

  /** Returns the page faults without disk access since the start of the process. */
  public long minorFaults() {
    return field(stat(), MINOR_FAULTS_FIELD);
  }

  /** Returns the fields of {@code stat} from the third on. */
  private String[] stat() {
    String stat = read("stat");
    // The second field is the command in parentheses, and may contain spaces.
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
  }

  private static long field(String[] fields, int number) {
    return Long.parseLong(fields[number - 3]);
  }

  /**
   * Returns the resident memory. Shared memory counts apart from private bytes: arenas, but also
   * ZGC's heap on JDK 17, which is mapped several times.
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

  /** Returns the load average of the last minute. */
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
   * @param sharedBytes shared memory, counted once for each mapping
   */
  public record Resident(long privateBytes, long sharedBytes) {}
}
