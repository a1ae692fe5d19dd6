package dev.sluice.service.attach;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client that says exactly what the test tells it, byte by byte. It cannot receive the fd. */
final class TestClient implements AutoCloseable {
  private final SocketChannel channel;

  TestClient(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
  }

  static ByteBuffer message(MessageType type) {
    ByteBuffer message = ByteBuffer.allocate(Messages.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    message.putInt(Messages.MAGIC_OFFSET, Messages.MAGIC);
    message.putShort(Messages.VERSION_OFFSET, (short) Messages.VERSION);
    message.putShort(Messages.TYPE_OFFSET, (short) type.code());
    if (type != MessageType.ATTACH) {
      message.put(Messages.TOKEN_OFFSET, FakeBroker.TOKEN.toBytes());
    }
    return message;
  }

  static ByteBuffer attach() {
    ByteBuffer message = message(MessageType.ATTACH);
    message.putInt(Messages.GEOMETRY_DEVICE_OFFSET, 3);
    message.putShort(Messages.GEOMETRY_GENERATION_OFFSET, (short) 2);
    message.putShort(Messages.GEOMETRY_PLATFORM_OFFSET, (short) 1);
    message.putInt(Messages.GEOMETRY_LEVEL_OFFSET, 4);
    message.putInt(Messages.GEOMETRY_NUM_CORES_OFFSET, 24);
    message.putInt(Messages.GEOMETRY_SCHED_THREADS_OFFSET, 2);
    message.putInt(Messages.GEOMETRY_ORCH_THREADS_OFFSET, 1);
    message.put(Messages.GEOMETRY_NAME_OFFSET, "a test".getBytes(StandardCharsets.UTF_8));
    return message;
  }

  void send(ByteBuffer bytes) throws IOException {
    ByteBuffer all = bytes.duplicate().rewind();
    while (all.hasRemaining()) {
      channel.write(all);
    }
  }

  /** One reply. */
  ByteBuffer receive() throws IOException {
    return receive(Messages.BYTES);
  }

  ByteBuffer receive(int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new IOException("ended after " + buffer.position() + " bytes");
      }
    }
    return buffer;
  }

  /** The ARENA reply and the byte that carries the fd. */
  ByteBuffer receiveGrant() throws IOException {
    ByteBuffer grant = receive();
    receive(1);
    return grant;
  }

  /** Waits for the server to close; whatever still arrives is skipped. */
  void awaitEnd() {
    try {
      ByteBuffer sink = ByteBuffer.allocate(64);
      int read;
      do {
        read = channel.read(sink.clear());
      } while (read >= 0);
    } catch (IOException ignored) {
      // A reset is an end as well: the server closed before it had read everything.
    }
  }

  static int type(ByteBuffer message) {
    return message.getShort(Messages.TYPE_OFFSET);
  }

  static int status(ByteBuffer message) {
    return message.getInt(Messages.STATUS_OFFSET);
  }

  static String text(ByteBuffer message) {
    byte[] bytes = new byte[Messages.REFUSED_TEXT_BYTES];
    message.get(Messages.REFUSED_TEXT_OFFSET, bytes);
    return new String(bytes, StandardCharsets.UTF_8).replaceFirst("\0.*$", "");
  }

  void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
