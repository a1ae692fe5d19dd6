package dev.sluice.service.attach;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A client that sends exactly what the test specifies, byte by byte. It cannot receive the fd. */
final class TestClient implements AutoCloseable {
  private final SocketChannel channel;

  TestClient(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
  }

  static RawMessage message(MessageType type) {
    RawMessage message = RawMessage.of(type.code());
    return type == MessageType.ATTACH
        ? message
        : message.field(AttachKey.TOKEN.code(), Message.REQUIRED, FakeBroker.TOKEN.toBytes());
  }

  /** Returns a START with its required fields. */
  static RawMessage start(long deviceBase) {
    return message(MessageType.START).number(AttachKey.DEVICE_BASE.code(), deviceBase);
  }

  static RawMessage attach() {
    return message(MessageType.ATTACH)
        .number(AttachKey.DEVICE.code(), 3)
        .text(AttachKey.LAYOUT.code(), "l2-2026.07/a2a3")
        .number(AttachKey.LEVEL.code(), 4)
        .number(AttachKey.CORES.code(), 24)
        .number(AttachKey.SCHED_THREADS.code(), 2)
        .number(AttachKey.ORCH_THREADS.code(), 1);
  }

  void send(RawMessage message) throws IOException {
    send(message.bytes());
  }

  void send(ByteBuffer bytes) throws IOException {
    ByteBuffer all = bytes.duplicate().rewind();
    while (all.hasRemaining()) {
      channel.write(all);
    }
  }

  /** Receives one response. */
  ByteBuffer receive() throws IOException {
    ByteBuffer header = receive(RawMessage.HEADER_BYTES);
    int bytes = RawMessage.version(header) == 1 ? 256 : header.getInt(8);
    ByteBuffer message = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    message.put(header.rewind()).put(receive(bytes - RawMessage.HEADER_BYTES).rewind());
    return message.rewind();
  }

  private ByteBuffer receive(int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new IOException("ended after " + buffer.position() + " bytes");
      }
    }
    return buffer;
  }

  /** Receives the ARENA response and the byte that carries the fd. */
  ByteBuffer receiveGrant() throws IOException {
    ByteBuffer grant = receive();
    receive(1);
    return grant;
  }

  /** Waits until the server closes; discards all remaining data. */
  void awaitEnd() {
    try {
      ByteBuffer sink = ByteBuffer.allocate(64);
      int read;
      do {
        read = channel.read(sink.clear());
      } while (read >= 0);
    } catch (IOException ignored) {
      // A reset counts, too: the server closed before it had read everything.
    }
  }

  static long number(ByteBuffer message, AttachKey key) {
    return RawMessage.number(message, key.code());
  }

  static long number(ByteBuffer message, AttachKey key, int index) {
    return RawMessage.number(message, key.code(), index);
  }

  static int status(ByteBuffer message) {
    return (int) number(message, AttachKey.STATUS);
  }

  static String text(ByteBuffer message) {
    return RawMessage.text(message, AttachKey.TEXT.code());
  }

  void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
