package dev.sluice.service.http;

import com.fasterxml.jackson.jr.ob.JSON;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * An HTTP response: status, extra headers, and either the whole body in memory or a stream.
 *
 * @param stream takes over the connection on its event loop once the headers are sent; null for a
 *     complete answer. With a stream the body is empty
 */
record Answer(int status, Map<String, String> headers, ByteBuffer body, Consumer<Channel> stream) {
  private static final String CONTENT_TYPE = "content-type";

  Answer(int status, Map<String, String> headers, ByteBuffer body) {
    this(status, headers, body, null);
  }

  static Answer stream(Map<String, String> headers, Consumer<Channel> stream) {
    return new Answer(200, headers, ByteBuffer.allocate(0), stream);
  }

  static Answer text(int status, String line) {
    return of(status, "text/plain; charset=utf-8", line + "\n");
  }

  static Answer html(String page) {
    return of(200, "text/html; charset=utf-8", page);
  }

  static Answer json(int status, Map<String, ?> object) {
    try {
      return of(status, "application/json", JSON.std.asString(object) + "\n");
    } catch (IOException e) {
      throw new IllegalStateException("a map of plain values cannot be written as JSON", e);
    }
  }

  Answer withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Answer(status, more, body, stream);
  }

  private static Answer of(int status, String contentType, String body) {
    return new Answer(
        status,
        Map.of(CONTENT_TYPE, contentType),
        ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
  }
}
