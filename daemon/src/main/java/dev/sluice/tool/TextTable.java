package dev.sluice.tool;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Rows in columns as wide as their content. If they do not fit a terminal, it cuts long texts, then
 * drops the least important columns, and then cuts the longest text further.
 */
final class TextTable {
  private static final String GAP = "  ";
  private static final int SHORTEST_TEXT = 8;

  /** A longer text is cut to this length before any column is dropped. */
  private static final int USUAL_TEXT = 20;

  private final List<Column> columns = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  private record Column(String head, boolean isNumber, int dispensable) {}

  /** Adds a left-aligned column of text. */
  TextTable text(String head, int dispensable) {
    columns.add(new Column(head, false, dispensable));
    return this;
  }

  /**
   * Adds a right-aligned column of numbers.
   *
   * @param dispensable 0 for a column that always stays; of the others the highest is dropped first
   */
  TextTable number(String head, int dispensable) {
    columns.add(new Column(head, true, dispensable));
    return this;
  }

  /** Adds a row with one cell per column. */
  void row(String... cells) {
    List<String> row = new ArrayList<>();
    for (String cell : cells) {
      row.add(printable(cell));
    }
    rows.add(row);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Replaces control characters: a producer chooses its name, which must not move the cursor. */
  private static String printable(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints().forEach(c -> clean.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return clean.toString();
  }

  /**
   * Returns the lines, each with its line end.
   *
   * @param width of the terminal; 0 for no limit
   */
  String print(int width) {
    List<Integer> shown = new ArrayList<>();
    int[] widths = new int[columns.size()];
    int[] usual = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      shown.add(i);
      widths[i] = width(i);
      usual[i] = columns.get(i).isNumber ? widths[i] : Math.min(widths[i], USUAL_TEXT);
    }
    while (width > 0 && total(shown, usual) > width) {
      Optional<Integer> leastNeeded =
          shown.stream()
              .filter(i -> columns.get(i).dispensable > 0)
              .max(Comparator.comparingInt(i -> columns.get(i).dispensable));
      if (leastNeeded.isEmpty()) {
        break;
      }
      shown.remove(leastNeeded.get());
    }
    if (width > 0) {
      shorten(shown, widths, width);
    }
    StringBuilder text = new StringBuilder();
    line(text, columns.stream().map(Column::head).toList(), shown, widths);
    rows.forEach(row -> line(text, row, shown, widths));
    return text.toString();
  }

  private int width(int column) {
    int widest = columns.get(column).head.length();
    for (List<String> row : rows) {
      widest = Math.max(widest, row.get(column).length());
    }
    return widest;
  }

  private static int total(List<Integer> shown, int[] widths) {
    return shown.stream().mapToInt(i -> widths[i]).sum() + GAP.length() * (shown.size() - 1);
  }

  /** Cuts texts, longest first, none below a few characters. */
  private void shorten(List<Integer> shown, int[] widths, int width) {
    for (int over = total(shown, widths) - width; over > 0; over = total(shown, widths) - width) {
      Optional<Integer> longest =
          shown.stream()
              .filter(i -> !columns.get(i).isNumber && widths[i] > SHORTEST_TEXT)
              .max(Comparator.comparingInt(i -> widths[i]));
      if (longest.isEmpty()) {
        return;
      }
      int column = longest.get();
      widths[column] = Math.max(SHORTEST_TEXT, widths[column] - over);
    }
  }

  private void line(StringBuilder text, List<String> cells, List<Integer> shown, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i : shown) {
      String cell = cells.get(i);
      if (cell.length() > widths[i]) {
        cell = cell.substring(0, widths[i] - 1) + "…";
      }
      String space = " ".repeat(widths[i] - cell.length());
      line.append(line.isEmpty() ? "" : GAP);
      line.append(columns.get(i).isNumber ? space + cell : cell + space);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}
