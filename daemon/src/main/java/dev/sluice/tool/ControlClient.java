package dev.sluice.tool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * Sends one request to a daemon's control socket. The JDK's HTTP client has no Unix sockets, and
 * all we need of HTTP/1.1 is one request and a response that ends with the connection.
 */
final class ControlClient {
  private final Path socket;

  ControlClient(Path socket) {
    this.socket = socket;
  }

  /** Returns the JSON object of a 200 response; any other throws with the daemon's text. */
  Map<String, Object> post(String pathAndQuery) throws ToolException {
    return send("POST", pathAndQuery);
  }

  /** Like {@link #post}, for requests that only read. */
  Map<String, Object> get(String path) throws ToolException {
    return send("GET", path);
  }

  private Map<String, Object> send(String method, String pathAndQuery) throws ToolException {
    String answer;
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      String request =
          method
              + " "
              + pathAndQuery
              + " HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      answer = readAll(channel);
    } catch (IOException e) {
      throw new ToolException(refusal(e), e);
    }
    String[] headAndBody = answer.split("\r\n\r\n", 2);
    if (headAndBody.length != 2) {
      throw new ToolException("the daemon at " + socket + " closed the connection at once");
    }
    if (!headAndBody[0].startsWith("HTTP/1.1 200")) {
      throw new ToolException("the daemon refused: " + headAndBody[1].strip());
    }
    return Json.parse(headAndBody[1], "the daemon at " + socket);
  }

  private String refusal(IOException e) {
    String reason = String.valueOf(e.getMessage());
    return reason.startsWith("Permission denied")
        ? "cannot use "
            + socket
            + ": permission denied; run as root or as a member of the socket's group"
        : "no daemon answers at "
            + socket
            + " ("
            + reason
            + "); start one with '"
            + Invocation.of("daemon")
            + "', or name its control socket with --socket";
  }

  private static String readAll(SocketChannel channel) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteBuffer part = ByteBuffer.allocate(1 << 16);
    while (channel.read(part.clear()) >= 0) {
      all.write(part.array(), 0, part.position());
    }
    return all.toString(StandardCharsets.UTF_8);
  }
}
