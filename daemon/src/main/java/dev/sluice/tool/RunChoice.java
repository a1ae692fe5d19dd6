package dev.sluice.tool;

import dev.sluice.output.export.ExportException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Finds a run of a capture from the user's input. */
final class RunChoice {
  private static final int LISTED = 8;

  private RunChoice() {}

  /**
   * Returns the number of a run.
   *
   * @param text a number, {@code last}, or a name or its last part
   * @param runs names by number
   * @throws ExportException if no run matches, or several do
   */
  static int of(String text, Map<Integer, String> runs) throws ExportException {
    if (runs.isEmpty()) {
      throw new ExportException("the capture has no records");
    }
    if (text.equals("last")) {
      return new TreeMap<>(runs).lastKey();
    }
    if (text.matches("[0-9]{1,9}")) {
      int number = Integer.parseInt(text);
      if (runs.containsKey(number)) {
        return number;
      }
    }
    List<Integer> named =
        runs.entrySet().stream()
            .filter(run -> run.getValue().equals(text) || run.getValue().endsWith("/" + text))
            .map(Map.Entry::getKey)
            .toList();
    if (named.size() == 1) {
      return named.get(0);
    }
    throw new ExportException(
        (named.isEmpty() ? "no run " : "several runs ") + text + "; " + list(runs));
  }

  /** Lists the runs in one line. */
  static String list(Map<Integer, String> runs) {
    StringBuilder text = new StringBuilder("runs:");
    runs.entrySet().stream()
        .limit(LISTED)
        .forEach(
            run -> {
              text.append(text.length() > 5 ? ", " : " ").append(run.getKey());
              if (!run.getValue().isEmpty()) {
                text.append(" (").append(run.getValue()).append(')');
              }
            });
    return text.append(runs.size() > LISTED ? ", ... to " + new TreeMap<>(runs).lastKey() : "")
        .toString();
  }
}
