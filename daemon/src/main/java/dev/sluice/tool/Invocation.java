package dev.sluice.tool;

import java.util.regex.Pattern;

/** Command lines for the user to paste, with the program's name from the launcher. Stateless. */
public final class Invocation {
  /** The program's name in help texts; picocli substitutes it. */
  public static final String PROGRAM = "${sys:sluice.command:-sluice}";

  /** Property set by the launcher: a path, or {@code sluice} if the PATH finds it. */
  static final String PROPERTY = "sluice.command";

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private Invocation() {}

  /** Returns a shell command line: the program with these arguments. */
  public static String of(String... arguments) {
    StringBuilder line = new StringBuilder(quoted(System.getProperty(PROPERTY, "sluice")));
    for (String argument : arguments) {
      line.append(' ').append(quoted(argument));
    }
    return line.toString();
  }

  /** Returns the word, quoted if a shell would split or change it. */
  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
