package dev.sluice.output.export;

/** Escapes of JSON strings. */
final class JsonText {
  private static final int FIRST_PRINTABLE = 0x20;

  private JsonText() {}

  static boolean needsEscape(byte utf8) {
    return utf8 == '"' || utf8 == '\\' || (utf8 >= 0 && utf8 < FIRST_PRINTABLE);
  }

  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 8);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        escaped.append('\\').append(c);
      } else if (c < FIRST_PRINTABLE) {
        escaped.append(String.format("\\u%04x", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
