package dev.sluice.tool.simpler;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Set;

/**
 * Merges the host's own measurements into a run's file. They are not in device memory, so no
 * capture contains them; the runtime writes them to a file of the same schema.
 */
final class HostPart {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String METADATA = "metadata";

  private HostPart() {}

  /** Adds the keys missing in the device's file from the host's file, then deletes the latter. */
  static void merge(Path device, Path host) throws IOException {
    Path merged = device.resolveSibling("." + device.getFileName() + ".merged");
    try {
      try (JsonParser from = JSON.createParser(device.toFile());
          JsonGenerator to = JSON.createGenerator(Files.newOutputStream(merged))) {
        merge(from, to, host);
      }
      Files.move(merged, device, StandardCopyOption.REPLACE_EXISTING);
      Files.delete(host);
    } finally {
      Files.deleteIfExists(merged);
    }
  }

  private static void merge(JsonParser from, JsonGenerator to, Path host) throws IOException {
    expectObject(from);
    to.writeStartObject();
    Set<String> known = new HashSet<>();
    while (from.nextToken() == JsonToken.FIELD_NAME) {
      String key = from.currentName();
      known.add(key);
      if (key.equals(METADATA)) {
        metadata(from, to, host);
      } else {
        to.copyCurrentStructure(from);
        to.writeRaw('\n');
      }
    }
    try (JsonParser more = JSON.createParser(host.toFile())) {
      expectObject(more);
      copyMissing(more, to, known);
    }
    to.writeEndObject();
    to.writeRaw('\n');
  }

  private static void metadata(JsonParser from, JsonGenerator to, Path host) throws IOException {
    to.writeFieldName(METADATA);
    from.nextToken();
    to.writeStartObject();
    Set<String> known = new HashSet<>();
    while (from.nextToken() == JsonToken.FIELD_NAME) {
      known.add(from.currentName());
      to.copyCurrentStructure(from);
    }
    try (JsonParser more = JSON.createParser(host.toFile())) {
      expectObject(more);
      while (more.nextToken() == JsonToken.FIELD_NAME && !more.currentName().equals(METADATA)) {
        more.nextToken();
        more.skipChildren();
      }
      if (more.currentToken() == JsonToken.FIELD_NAME) {
        more.nextToken();
        copyMissing(more, to, known);
      }
    }
    to.writeEndObject();
    to.writeRaw('\n');
  }

  /** Copies the unknown keys of the object at the parser's position. */
  private static void copyMissing(JsonParser from, JsonGenerator to, Set<String> known)
      throws IOException {
    while (from.nextToken() == JsonToken.FIELD_NAME) {
      if (known.contains(from.currentName())) {
        from.nextToken();
        from.skipChildren();
      } else {
        to.copyCurrentStructure(from);
      }
    }
  }

  private static void expectObject(JsonParser from) throws IOException {
    if (from.nextToken() != JsonToken.START_OBJECT) {
      throw new IOException("not a JSON object");
    }
  }
}
