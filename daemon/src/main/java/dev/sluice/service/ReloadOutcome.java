package dev.sluice.service;

import java.util.ArrayList;
import java.util.List;

/**
 * What a reload did, as lists of keys.
 *
 * @param applied changed and in force
 * @param nextSession changed, in force for sessions that attach from now on
 * @param restartRequired different from what the daemon runs with, and stays so until it restarts
 */
public record ReloadOutcome(
    List<String> applied, List<String> nextSession, List<String> restartRequired) {
  public ReloadOutcome {
    applied = List.copyOf(applied);
    nextSession = List.copyOf(nextSession);
    restartRequired = List.copyOf(restartRequired);
  }

  /** In one line, for the log and for people. */
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
