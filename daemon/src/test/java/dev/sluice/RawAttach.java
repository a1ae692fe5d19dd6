package dev.sluice;

import dev.sluice.service.attach.RawMessage;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;

/**
 * A client that sends messages byte by byte, so that it can send malformed ones and cut the
 * connection at any point. It never maps the arena.
 */
final class RawAttach implements AutoCloseable {
  static final int ATTACH = 1;
  static final int START = 3;
  static final int RUN_END = 5;
  static final int DETACH = 7;
  static final int RESUME = 9;
  static final int OK = 0;
  static final int TOKEN_UNKNOWN = 9;

  static final int CORES = 11;
  static final int DEVICE_BASE = 34;

  private static final int STATUS = 1;
  private static final int TEXT = 2;
  private static final int TOKEN = 4;

  private final SocketChannel channel;

  RawAttach(TestDaemon daemon) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(daemon.attachSocket()));
  }

  static RawMessage message(int type, byte[] token) {
    return RawMessage.of(type).field(TOKEN, 1, token);
  }

  /** Returns a valid request for a small arena. */
  static RawMessage attach(String name) {
    return attach(name, 2);
  }

  static RawMessage attach(String name, long cores) {
    return RawMessage.of(ATTACH)
        .text(6, "l2-2026.07/a2a3")
        .number(10, 2)
        .number(CORES, cores)
        .number(12, 1)
        .text(20, name);
  }

  void send(ByteBuffer message) throws IOException {
    ByteBuffer all = message.duplicate().rewind();
    while (all.hasRemaining()) {
      channel.write(all);
    }
  }

  /** Sends a request and returns the response. */
  ByteBuffer ask(RawMessage message) throws IOException {
    return ask(message.bytes());
  }

  ByteBuffer ask(ByteBuffer message) throws IOException {
    send(message);
    ByteBuffer header = receive(RawMessage.HEADER_BYTES);
    if (RawMessage.version(header) == 1) {
      throw new IOException("answered as version 1");
    }
    ByteBuffer rest = receive(header.getInt(8) - RawMessage.HEADER_BYTES);
    return ByteBuffer.allocate(header.getInt(8))
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(header.rewind())
        .put(rest.rewind())
        .rewind();
  }

  /** Consumes the byte that carries the descriptor, but not the descriptor. */
  void skipDescriptor() throws IOException {
    receive(1);
  }

  private ByteBuffer receive(int bytes) throws IOException {
    ByteBuffer answer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (answer.hasRemaining()) {
      if (channel.read(answer) < 0) {
        throw new IOException("the daemon closed after " + answer.position() + " bytes");
      }
    }
    return answer;
  }

  static int status(ByteBuffer answer) {
    return (int) RawMessage.number(answer, STATUS);
  }

  static byte[] token(ByteBuffer answer) {
    return RawMessage.bytes(answer, TOKEN);
  }

  static String text(ByteBuffer answer) {
    return RawMessage.text(answer, TEXT);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
