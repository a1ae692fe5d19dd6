package dev.sluice.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Memory left by the control groups of this process, versions 1 and 2: the tightest limit of the
 * group and its ancestors. Beyond the limit the kernel kills the process with all its sessions, so
 * callers check before they touch memory. Thread-safe.
 */
public final class ControlGroupMemory {
  /** Value for a process without a limit. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private final Path root;

  /**
   * @param root {@code /}, except in tests
   */
  public ControlGroupMemory(Path root) {
    this.root = root;
  }

  /**
   * State of the tightest group.
   *
   * @param bytes left, including page cache that can be dropped; {@link #UNLIMITED} without a
   *     limit, never below 0
   * @param limitFile file with the limit; empty without one
   */
  public record Left(long bytes, String limitFile) {}

  /** Returns what is left now. Unreadable files set no limit. */
  public Left left() {
    Left tightest = new Left(UNLIMITED, "");
    for (String line : lines("proc/self/cgroup")) {
      // number:controllers:path
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      Left here = null;
      if (parts[1].isEmpty()) {
        for (String mount : List.of("sys/fs/cgroup", "sys/fs/cgroup/unified")) {
          here = min(here, tightest(mount, parts[2], "memory.max", "memory.current", ""));
        }
      } else if (List.of(parts[1].split(",")).contains("memory")) {
        here =
            tightest(
                "sys/fs/cgroup/memory",
                parts[2],
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_");
      }
      tightest = min(tightest, here);
    }
    return tightest;
  }

  /**
   * Searches from the process's group up to the mount, which in a container is the group itself.
   */
  private Left tightest(
      String mount, String group, String limitName, String usageName, String statPrefix) {
    Path base = root.resolve(mount);
    Path relative = Path.of("/").relativize(Path.of(group).normalize());
    Left tightest = null;
    for (Path at = base.resolve(relative); at != null && at.startsWith(base); at = at.getParent()) {
      long limit = number(at.resolve(limitName));
      long usage = number(at.resolve(usageName));
      if (limit >= 0 && usage >= 0 && limit < UNLIMITED / 2) {
        long used = Math.max(0, usage - inactive(at.resolve("memory.stat"), statPrefix));
        String file = "/" + root.relativize(at.resolve(limitName));
        tightest = min(tightest, new Left(Math.max(0, limit - used), file));
      }
    }
    return tightest;
  }

  private static Left min(Left one, Left other) {
    return other == null || (one != null && one.bytes() <= other.bytes()) ? one : other;
  }

  /** Page cache that the kernel drops before it kills. */
  private long inactive(Path stat, String prefix) {
    String label = prefix + "inactive_file ";
    return lines(root.relativize(stat).toString()).stream()
        .filter(line -> line.startsWith(label))
        .mapToLong(line -> parse(line.substring(label.length())))
        .filter(bytes -> bytes > 0)
        .findFirst()
        .orElse(0);
  }

  /** Returns a negative number if the file is missing or sets no limit. */
  private long number(Path file) {
    List<String> lines = lines(root.relativize(file).toString());
    return lines.isEmpty() ? -1 : parse(lines.get(0));
  }

  private static long parse(String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private List<String> lines(String relative) {
    try {
      return Files.readAllLines(root.resolve(relative));
    } catch (IOException e) {
      return List.of();
    }
  }
}
