package dev.sluice.service.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.AttachStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Compares the protocol constants in Java with sluice_attach.h. */
class MessagesConformanceTest {
  private static final Path HEADER =
      Path.of(
          System.getProperty("basedir", "."),
          "../native-bridge/src/main/c/include/sluice_attach.h");
  private String header;

  @BeforeEach
  void readHeader() throws IOException {
    header = Files.readString(HEADER);
  }

  @Test
  void shouldNumberEveryKeyAsTheHeader() {
    Map<String, Integer> inHeader = enumeration("SLUICE_KEY_");
    for (AttachKey key : AttachKey.values()) {
      assertEquals(inHeader.remove(key.name()), key.code(), key.name());
    }
    assertTrue(inHeader.isEmpty(), "not in AttachKey: " + inHeader);
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
    assertEquals(define("SLUICE_MESSAGE_MAGIC"), Message.MAGIC);
    assertEquals(define("SLUICE_MESSAGE_VERSION"), Message.VERSION);
    assertEquals(define("SLUICE_MESSAGE_MAX_BYTES"), Message.MAX_BYTES);
    assertEquals(define("SLUICE_FIELD_REQUIRED"), Message.REQUIRED);
  }

  @Test
  void shouldNumberEveryStatusAsTheHeader() {
    Map<String, Integer> inHeader = enumeration("SLUICE_ERROR_");
    inHeader.values().removeIf(code -> code >= 100); // internal to the client
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
