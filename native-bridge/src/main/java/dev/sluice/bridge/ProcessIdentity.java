package dev.sluice.bridge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Identifies a process for certain: pids are reused, so the start time is part of the identity.
 *
 * @param pid process id on this host
 * @param startTicks field 22 of /proc/PID/stat; -1 if it could not be read
 */
public record ProcessIdentity(int pid, long startTicks) {
  private static final int STATE_FIELD = 0;
  private static final int START_FIELD = 19;

  /** Returns the process that has this pid now. */
  public static ProcessIdentity of(int pid) {
    String[] fields = fieldsAfterName(pid);
    return new ProcessIdentity(pid, fields == null ? -1 : Long.parseLong(fields[START_FIELD]));
  }

  /** Whether this very process can still run; a zombie cannot. */
  public boolean isAlive() {
    String[] fields = fieldsAfterName(pid);
    return fields != null
        && !fields[STATE_FIELD].equals("Z")
        && !fields[STATE_FIELD].equals("X")
        && (startTicks < 0 || Long.parseLong(fields[START_FIELD]) == startTicks);
  }

  private static String[] fieldsAfterName(int pid) {
    try {
      String stat =
          Files.readString(Path.of("/proc", Integer.toString(pid), "stat"), StandardCharsets.UTF_8);
      // The name is in parentheses and may itself contain spaces and parentheses.
      return stat.substring(stat.lastIndexOf(')') + 2).trim().split(" ");
    } catch (IOException e) {
      return null;
    }
  }
}
