package dev.sluice.service.attach;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A client that can receive a descriptor, with the same system calls as the C client. 64-bit Linux
 * only.
 */
final class RawClient implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int O_RDWR = 2;

  static {
    Native.register(RawClient.class, "c");
  }

  private final int socket;

  RawClient(Path path) {
    socket = socket(AF_UNIX, SOCK_STREAM, 0);
    byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
    Memory address = new Memory(110);
    address.clear();
    address.setShort(0, (short) AF_UNIX);
    address.write(2, bytes, 0, bytes.length);
    check(connect(socket, address, (int) address.size()), "connect");
  }

  void send(byte[] bytes) {
    Memory memory = new Memory(bytes.length);
    memory.write(0, bytes, 0, bytes.length);
    check((int) send(socket, memory, bytes.length, 0), "send");
  }

  /** Receives and discards one whole message. */
  void receiveMessage() {
    byte[] header = receive(RawMessage.HEADER_BYTES);
    int bytes = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(8);
    receive(bytes - RawMessage.HEADER_BYTES);
  }

  private byte[] receive(int bytes) {
    Memory memory = new Memory(bytes);
    int received = 0;
    while (received < bytes) {
      int n = (int) recv(socket, memory.share(received), bytes - received, 0);
      check(n - 1, "recv"); // 0 is EOF, an error here
      received += n;
    }
    return memory.getByteArray(0, bytes);
  }

  /** Receives one byte with SCM_RIGHTS; returns the descriptor. */
  int receiveDescriptor() {
    Memory data = new Memory(1);
    Memory vector = new Memory(16);
    vector.setPointer(0, data);
    vector.setLong(8, 1);
    Memory control = new Memory(24);
    control.clear();
    Memory header = new Memory(56);
    header.clear();
    header.setPointer(16, vector);
    header.setLong(24, 1);
    header.setPointer(32, control);
    header.setLong(40, control.size());
    check((int) recvmsg(socket, header, 0) - 1, "recvmsg");
    if (control.getInt(8) != SOL_SOCKET || control.getInt(12) != SCM_RIGHTS) {
      throw new IllegalStateException("no descriptor came with the byte");
    }
    return control.getInt(16);
  }

  static OpenFile open(Path path) {
    int fd = open(path.toString(), O_RDWR);
    check(fd, "open");
    return new OpenFile(fd);
  }

  static byte[] readAndClose(int fd, int bytes) {
    Memory memory = new Memory(bytes);
    check((int) pread(fd, memory, bytes, 0) - bytes, "pread");
    check(close(fd), "close");
    return memory.getByteArray(0, bytes);
  }

  @Override
  public void close() {
    close(socket);
  }

  private static void check(int result, String call) {
    if (result < 0) {
      throw new IllegalStateException(call + " failed, errno " + Native.getLastError());
    }
  }

  /** An open descriptor of this process. */
  record OpenFile(int fd) implements AutoCloseable {
    boolean isOpen() throws IOException {
      return Files.exists(Path.of("/proc/self/fd/" + fd));
    }

    @Override
    public void close() {
      RawClient.close(fd);
    }
  }

  private static native int socket(int domain, int type, int protocol);

  private static native int connect(int fd, Pointer address, int bytes);

  private static native long send(int fd, Pointer data, long bytes, int flags);

  private static native long recv(int fd, Pointer data, long bytes, int flags);

  private static native long recvmsg(int fd, Pointer header, int flags);

  private static native int open(String path, int flags);

  private static native long pread(int fd, Pointer data, long bytes, long offset);

  private static native int close(int fd);
}
