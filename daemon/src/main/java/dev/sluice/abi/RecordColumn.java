package dev.sluice.abi;

import java.util.ArrayList;
import java.util.List;

/**
 * One field of a record, and how a capture stores it: the value itself, its difference to the
 * previous record, or its difference to another field of the same record. Each field uses the form
 * with the smallest numbers; all forms are lossless.
 *
 * <p>Padding has no column. A field with two parts, such as a ring and a number within it, has a
 * column for each: a part that counts up must not share a column with one that jumps.
 *
 * @param name of the field, as in abi.md
 * @param offset in the record, a multiple of {@code bytes}
 * @param bytes 1, 2, 4 or 8; read sign-extended, which affects only the size
 * @param storage how a capture stores it
 * @param base index of the column that is subtracted, for {@link Storage#SINCE}
 */
public record RecordColumn(String name, int offset, int bytes, Storage storage, int base) {

  /** How the values of a column are reduced to small numbers. */
  public enum Storage {
    /** The value itself. */
    PLAIN,
    /** The value minus that of the previous record. */
    DELTA,
    /** The value minus that of an earlier column of the same record. */
    SINCE
  }

  public RecordColumn {
    if (Integer.bitCount(bytes) != 1 || bytes > Long.BYTES || offset < 0 || offset % bytes != 0) {
      throw new IllegalArgumentException(
          "column " + name + ": " + bytes + " bytes at offset " + offset);
    }
  }

  static RecordColumn plain(String name, int offset, int bytes) {
    return new RecordColumn(name, offset, bytes, Storage.PLAIN, 0);
  }

  static RecordColumn delta(String name, int offset, int bytes) {
    return new RecordColumn(name, offset, bytes, Storage.DELTA, 0);
  }

  static RecordColumn since(String name, int offset, int bytes, int base) {
    return new RecordColumn(name, offset, bytes, Storage.SINCE, base);
  }

  /**
   * Returns the columns in the notation of manifests, e.g. {@code end_time:8:8:since:start_time}.
   */
  public static List<String> toText(List<RecordColumn> columns) {
    List<String> texts = new ArrayList<>();
    for (RecordColumn column : columns) {
      String text =
          String.join(
              ":",
              column.name,
              Integer.toString(column.offset),
              Integer.toString(column.bytes),
              column.storage.name().toLowerCase(java.util.Locale.ROOT));
      texts.add(
          column.storage == Storage.SINCE ? text + ":" + columns.get(column.base).name : text);
    }
    return texts;
  }

  /**
   * Parses columns from the notation of {@link #toText}.
   *
   * @param recordBytes size of the record that contains them
   * @throws IllegalArgumentException with one line, if a text does not describe a column
   */
  public static List<RecordColumn> parse(List<String> texts, int recordBytes) {
    List<RecordColumn> columns = new ArrayList<>();
    for (String text : texts) {
      String[] parts = text.split(":", -1);
      try {
        Storage storage = Storage.valueOf(parts[3].toUpperCase(java.util.Locale.ROOT));
        int base = 0;
        while (storage == Storage.SINCE && !columns.get(base).name.equals(parts[4])) {
          base++;
        }
        RecordColumn column =
            new RecordColumn(
                parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2]), storage, base);
        if (column.offset + column.bytes > recordBytes) {
          throw new IllegalArgumentException();
        }
        columns.add(column);
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException("not a column of a record: '" + text + "'", e);
      }
    }
    return List.copyOf(columns);
  }
}
