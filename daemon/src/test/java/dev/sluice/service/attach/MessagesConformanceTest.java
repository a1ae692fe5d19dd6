package dev.sluice.service.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.AttachStatus;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The offsets and numbers in Java against sluice_attach.h, which C asserts against its structs. */
class MessagesConformanceTest {
  private static final Path HEADER =
      Path.of(
          System.getProperty("basedir", "."),
          "../native-bridge/src/main/c/include/sluice_attach.h");
  private static final Pattern FIELD =
      Pattern.compile("(?:u?int(\\d+)_t|char) (\\w+)(?:\\[(\\w+)\\])?;");

  private String header;

  @BeforeEach
  void readHeader() throws IOException {
    header = Files.readString(HEADER);
  }

  @Test
  void shouldPlaceEveryFieldWhereTheHeaderDoes() throws Exception {
    int compared = 0;
    for (String struct :
        new String[] {"geometry", "arena_reply", "share", "start", "end", "books"}) {
      for (Map.Entry<String, Integer> field : fields(struct, 32).entrySet()) {
        compared += compare(struct.replace("_reply", ""), field.getKey(), field.getValue());
      }
    }
    for (Map.Entry<String, Integer> field : fields("message", 0).entrySet()) {
      compared += compare("", field.getKey(), field.getValue());
    }
    assertEquals(21 + 9 + 5 + 1 + 2 + 6 + 6, compared);
  }

  private int compare(String struct, String field, int offset) throws Exception {
    if (struct.isEmpty() || !field.equals("pad") || struct.equals("geometry")) {
      boolean isArenaText = struct.equals("arena") && field.equals("text");
      String constant =
          isArenaText
              ? "REFUSED_TEXT_OFFSET"
              : ((struct.isEmpty() ? "" : struct + "_") + field + "_offset")
                  .toUpperCase(Locale.ROOT);
      Field declared = Messages.class.getDeclaredField(constant);
      assertEquals(offset, declared.getInt(null), constant);
      return isArenaText ? 0 : 1;
    }
    return 0;
  }

  /** Field offsets by C's rule: each field is aligned to its size. */
  private Map<String, Integer> fields(String struct, int start) {
    Matcher body =
        Pattern.compile("struct sluice_" + struct + " \\{(.*?)\\n\\};", Pattern.DOTALL)
            .matcher(header);
    assertTrue(body.find(), struct);
    String text = body.group(1).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?s)union \\{.*", "");
    Map<String, Integer> offsets = new TreeMap<>();
    int offset = start;
    Matcher field = FIELD.matcher(text);
    while (field.find()) {
      int size = field.group(1) == null ? 1 : Integer.parseInt(field.group(1)) / 8;
      offset = (offset + size - 1) / size * size;
      offsets.put(field.group(2), offset);
      offset += size * (field.group(3) == null ? 1 : constant(field.group(3)));
    }
    return offsets;
  }

  private int constant(String text) {
    return text.matches("\\d+") ? Integer.parseInt(text) : define("SLUICE_" + text.substring(7));
  }

  private int define(String name) {
    Matcher matcher =
        Pattern.compile("#define " + name + "[\\s\\\\]+(0x)?([0-9a-fA-F]+)u?").matcher(header);
    assertTrue(matcher.find(), name);
    return Integer.parseUnsignedInt(matcher.group(2), matcher.group(1) == null ? 10 : 16);
  }

  private Map<String, Integer> enumeration(String prefix) {
    Map<String, Integer> values = new TreeMap<>();
    Matcher matcher = Pattern.compile(prefix + "(\\w+)\\s*=\\s*(\\d+)").matcher(header);
    while (matcher.find()) {
      values.put(matcher.group(1), Integer.parseInt(matcher.group(2)));
    }
    return values;
  }

  @Test
  void shouldUseTheHeadersNumbers() {
    assertEquals(define("SLUICE_MESSAGE_MAGIC"), Messages.MAGIC);
    assertEquals(define("SLUICE_MESSAGE_VERSION"), Messages.VERSION);
    assertEquals(define("SLUICE_MESSAGE_BYTES"), Messages.BYTES);
    assertEquals(define("SLUICE_FLAG_SYNTHETIC"), Messages.FLAG_SYNTHETIC);
    assertEquals(define("SLUICE_FLAG_JITTERED"), Messages.FLAG_JITTERED);
  }

  @Test
  void shouldNumberEveryStatusAsTheHeader() {
    Map<String, Integer> inHeader = enumeration("SLUICE_ERROR_");
    inHeader.values().removeIf(code -> code >= 100); // the client's own
    for (AttachStatus status : AttachStatus.values()) {
      if (status != AttachStatus.OK) {
        assertEquals(inHeader.remove(status.name()), status.code(), status.name());
      }
    }
    assertTrue(inHeader.isEmpty(), "not in AttachStatus: " + inHeader);
  }

  @Test
  void shouldNumberEveryMessageTypeAsTheHeader() {
    Map<String, Integer> inHeader = enumeration("SLUICE_");
    for (MessageType type : MessageType.values()) {
      if (type != MessageType.NONE) {
        assertNotNull(inHeader.get(type.name()), type.name());
        assertEquals(inHeader.get(type.name()), type.code(), type.name());
      }
    }
  }
}
