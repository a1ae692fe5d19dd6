package dev.sluice.tool;

import java.util.regex.Pattern;

/** Commands that the caller can paste; the launcher passes how it was called. Stateless. */
public final class Invocation {
  /** The program in a help text; picocli puts it in. */
  public static final String PROGRAM = "${sys:sluice.command:-sluice}";

  /** What the launcher sets: a path, or {@code sluice} where the PATH leads to it. */
  static final String PROPERTY = "sluice.command";

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private Invocation() {}

  /** One line for a shell: the program and these arguments. */
  public static String of(String... arguments) {
    StringBuilder line = new StringBuilder(quoted(System.getProperty(PROPERTY, "sluice")));
    for (String argument : arguments) {
      line.append(' ').append(quoted(argument));
    }
    return line.toString();
  }

  /** The word, quoted if a shell would split or change it. */
  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
