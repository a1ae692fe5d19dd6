package dev.sluice.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Suggests a known name for an unknown one. Stateless. */
public final class Nearest {
  private static final double MOST_EDITS_PER_CHARACTER = 0.4;

  private Nearest() {}

  /** Returns {@code ", did you mean X?"}, or an empty text if no candidate is near. */
  public static String didYouMean(String name, Collection<String> candidates) {
    return of(name, candidates).map(candidate -> ", did you mean " + candidate + "?").orElse("");
  }

  /**
   * Returns the candidate with the fewest edits to the whole name or to a typed prefix; the first
   * by name on a tie. Empty if even that candidate is a different word.
   */
  public static Optional<String> of(String name, Collection<String> candidates) {
    Optional<String> whole =
        candidates.stream()
            .filter(candidate -> candidate.endsWith("." + name))
            .sorted()
            .findFirst();
    return whole.isPresent()
        ? whole
        : candidates.stream()
            .min(
                Comparator.comparingInt((String candidate) -> effort(name, candidate))
                    .thenComparing(candidate -> distance(name, candidate))
                    .thenComparing(Comparator.naturalOrder()))
            .filter(candidate -> isNear(name, candidate));
  }

  /** Ignores the common prefix up to a separator: every key begins with {@code sluice}. */
  private static boolean isNear(String name, String candidate) {
    int common = 0;
    for (int i = 0; i < Math.min(name.length(), candidate.length()); i++) {
      if (name.charAt(i) != candidate.charAt(i)) {
        break;
      }
      if (!Character.isLetterOrDigit(name.charAt(i))) {
        common = i + 1;
      }
    }
    return effort(name, candidate)
        <= Math.max(1, MOST_EDITS_PER_CHARACTER * (name.length() - common));
  }

  private static int effort(String name, String candidate) {
    int least = distance(name, candidate);
    for (int length = name.length() - 1; length <= name.length() + 1; length++) {
      if (length > 0 && length < candidate.length()) {
        least = Math.min(least, 1 + distance(name, candidate.substring(0, length)));
      }
    }
    return least;
  }

  /** Counts insertions, deletions, replacements, and swaps of neighbouring characters. */
  private static int distance(String from, String to) {
    int[][] rows = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          rows[i][j] = i + j;
          continue;
        }
        int same = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        rows[i][j] =
            Math.min(rows[i - 1][j - 1] + same, 1 + Math.min(rows[i - 1][j], rows[i][j - 1]));
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
      }
    }
    return rows[from.length()][to.length()];
  }
}
