package dev.sluice.tool;

import dev.sluice.config.Nearest;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Formats a usage error as one line. Stateless. */
final class UsageErrors {
  private static final Pattern CONVERSION =
      Pattern.compile(
          "Invalid value for (?:option|positional parameter(?: at index \\S+)?) '?(\\S+?)'?"
              + "(?: \\([^()]*\\))?: (.*)",
          Pattern.DOTALL);
  private static final Pattern NOT_A_NUMBER = Pattern.compile("'(.*)' is not an? (?:int|long)");
  private static final Pattern CANNOT_CONVERT =
      Pattern.compile("cannot convert '(.*)' to .*", Pattern.DOTALL);
  private static final Pattern NO_PAIR =
      Pattern.compile(
          "Value for option option '(\\S+)' \\(KEY=VALUE\\) should be in .* but was (.*)");

  private UsageErrors() {}

  static String words(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      return unmatched(unmatched);
    }
    String message = String.valueOf(e.getMessage());
    Matcher pair = NO_PAIR.matcher(message);
    if (pair.matches()) {
      return pair.group(1) + ": write KEY=VALUE, not '" + pair.group(2) + "'";
    }
    Matcher conversion = CONVERSION.matcher(message);
    return conversion.matches()
        ? conversion.group(1) + ": " + reason(conversion.group(2))
        : message;
  }

  private static String reason(String words) {
    Matcher number = NOT_A_NUMBER.matcher(words);
    if (number.matches()) {
      return "'" + number.group(1) + "' is not a whole number";
    }
    Matcher other = CANNOT_CONVERT.matcher(words);
    return other.matches() ? "'" + other.group(1) + "' cannot be used here" : words;
  }

  /** Reports the first unknown word only: it makes the rest unknown, too. */
  private static String unmatched(UnmatchedArgumentException e) {
    CommandLine command = e.getCommandLine();
    String first = e.getUnmatched().get(0);
    if (first.startsWith("-")) {
      List<String> options = new ArrayList<>(command.getCommandSpec().optionsMap().keySet());
      String name = first.split("=", 2)[0];
      return "unknown option " + name + Nearest.didYouMean(name, options);
    }
    return command.getSubcommands().isEmpty()
        ? "unexpected argument '" + first + "'"
        : "unknown command '"
            + first
            + "'"
            + Nearest.didYouMean(first, command.getSubcommands().keySet());
  }
}
