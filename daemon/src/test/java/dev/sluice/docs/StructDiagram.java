package dev.sluice.docs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A struct of the wire format as a byte diagram and a table. Gaps become padding; overlapping or
 * out-of-range fields are refused.
 */
public final class StructDiagram {
  private static final String PAD = "pad";

  /**
   * @param type as in C, e.g. {@code u64} or {@code i16[3]}
   * @param meaning one clause; empty for padding
   */
  public record Field(String name, int offset, String type, String meaning) {
    int bytes() {
      int bracket = type.indexOf('[');
      String element = bracket < 0 ? type : type.substring(0, bracket);
      int count =
          bracket < 0 ? 1 : Integer.parseInt(type.substring(bracket + 1, type.length() - 1));
      return count * Integer.parseInt(element.substring(1)) / Byte.SIZE;
    }
  }

  private final List<Field> fields = new ArrayList<>();
  private final int sizeBytes;

  public StructDiagram(int sizeBytes, List<Field> unsorted) {
    this.sizeBytes = sizeBytes;
    List<Field> sorted = new ArrayList<>(unsorted);
    sorted.sort(Comparator.comparingInt(Field::offset));
    int end = 0;
    for (Field field : sorted) {
      if (field.offset() < end) {
        throw new IllegalArgumentException(field.name() + " overlaps the field before it");
      }
      padTo(end, field.offset());
      fields.add(field);
      end = field.offset() + field.bytes();
    }
    if (end > sizeBytes) {
      throw new IllegalArgumentException("the fields need " + end + " bytes of " + sizeBytes);
    }
    padTo(end, sizeBytes);
  }

  private void padTo(int from, int to) {
    if (from < to) {
      fields.add(new Field(PAD, from, "u8[" + (to - from) + "]", ""));
    }
  }

  public String render() {
    return "```\n" + diagram() + "```\n\n" + table();
  }

  private String diagram() {
    StringBuilder numbers = new StringBuilder();
    StringBuilder rule = new StringBuilder();
    StringBuilder names = new StringBuilder();
    for (Field field : fields) {
      int width = Math.max(field.name().length(), Integer.toString(field.offset()).length()) + 2;
      numbers.append(String.format("%-" + (width + 1) + "s", field.offset()));
      rule.append('+').append("-".repeat(width));
      names.append("| ").append(String.format("%-" + (width - 1) + "s", field.name()));
    }
    return numbers.append(sizeBytes) + "\n" + rule.append("+\n") + names.append("|\n") + rule;
  }

  private String table() {
    StringBuilder table = new StringBuilder("| at | bytes | field | type | |\n");
    table.append("|---:|---:|---|---|---|\n");
    for (Field field : fields) {
      table.append(
          String.format(
              "| %d | %d | %s | %s | %s |%n",
              field.offset(),
              field.bytes(),
              field.name().equals(PAD) ? PAD : "`" + field.name() + "`",
              field.type(),
              field.meaning()));
    }
    return table.toString();
  }
}
