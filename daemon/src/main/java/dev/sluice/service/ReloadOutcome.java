package dev.sluice.service;

import java.util.ArrayList;
import java.util.List;

/**
 * Result of a reload, as lists of keys.
 *
 * @param applied changed and active
 * @param nextSession changed, active for sessions that attach from now on
 * @param restartRequired different from the running value until the daemon restarts
 */
public record ReloadOutcome(
    List<String> applied, List<String> nextSession, List<String> restartRequired) {
  public ReloadOutcome {
    applied = List.copyOf(applied);
    nextSession = List.copyOf(nextSession);
    restartRequired = List.copyOf(restartRequired);
  }

  /** Returns the result in one line, for the log and for people. */
  public String line() {
    List<String> parts = new ArrayList<>();
    add(parts, "in force: ", applied);
    add(parts, "for sessions that attach from now on: ", nextSession);
    add(parts, "needs a restart: ", restartRequired);
    return parts.isEmpty() ? "nothing has changed" : String.join("; ", parts);
  }

  private static void add(List<String> parts, String what, List<String> keys) {
    if (!keys.isEmpty()) {
      parts.add(what + String.join(", ", keys));
    }
  }
}
