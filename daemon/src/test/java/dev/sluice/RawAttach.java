package dev.sluice;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A client that writes the messages of sluice_attach.h byte by byte, so that it can also write
 * wrong ones, and cut the connection when it likes. It never maps the arena.
 */
final class RawAttach implements AutoCloseable {
  static final int MESSAGE_BYTES = 256;
  static final int ATTACH = 1;
  static final int START = 3;
  static final int RUN_END = 5;
  static final int DETACH = 7;
  static final int RESUME = 9;
  static final int OK = 0;
  static final int TOKEN_UNKNOWN = 9;

  private static final int MAGIC = 0x43554C53;
  private static final int TEXT_OFFSET = 160;
  private static final int TEXT_BYTES = 96;

  private final SocketChannel channel;

  RawAttach(TestDaemon daemon) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(daemon.attachSocket()));
  }

  static ByteBuffer message(int type) {
    ByteBuffer message = ByteBuffer.allocate(MESSAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return message.putInt(0, MAGIC).putShort(4, (short) 1).putShort(6, (short) type);
  }

  static ByteBuffer message(int type, byte[] token) {
    return message(type).put(16, token);
  }

  /** A legal request for a small arena. */
  static ByteBuffer attach(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return message(ATTACH)
        .putShort(36, (short) 2)
        .putShort(38, (short) 1)
        .putInt(40, 2)
        .putInt(44, 2)
        .putInt(48, 1)
        .put(128, bytes);
  }

  void send(ByteBuffer message) throws IOException {
    ByteBuffer all = message.duplicate().rewind();
    while (all.hasRemaining()) {
      channel.write(all);
    }
  }

  /** Sends a request and waits for its answer. */
  ByteBuffer ask(ByteBuffer message) throws IOException {
    send(message);
    return receive(MESSAGE_BYTES);
  }

  /** The byte that carries the descriptor, which stays in the kernel. */
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
    return answer.getInt(8);
  }

  static byte[] token(ByteBuffer answer) {
    byte[] token = new byte[16];
    answer.get(16, token);
    return token;
  }

  static String text(ByteBuffer answer) {
    byte[] bytes = new byte[TEXT_BYTES];
    answer.get(TEXT_OFFSET, bytes);
    return new String(bytes, StandardCharsets.UTF_8).replace("\0", "");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
