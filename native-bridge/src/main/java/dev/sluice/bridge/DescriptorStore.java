package dev.sluice.bridge;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Descriptors that a service manager, systemd or {@code sluice supervise}, keeps while this process
 * is not running; see {@code sd_notify(3)} and {@code sd_listen_fds(3)}.
 *
 * <p>Thread-safe. When a call returns, the manager has the message, even if this process dies then.
 */
public final class DescriptorStore implements AutoCloseable {
  private static final int FIRST = 3;
  // sun_path of a Unix address.
  private static final int ADDRESS_BYTES = 108;

  private final byte[] address;
  private int socket;

  private DescriptorStore(byte[] address, int socket) {
    this.address = address;
    this.socket = socket;
  }

  /** A kept descriptor. The receiver closes it. */
  public record Kept(String name, int fd) {}

  /**
   * Returns the store of the manager that started this process; empty if it has none.
   *
   * @param environment of the process: {@code NOTIFY_SOCKET} and {@code FDSTORE}, the number of
   *     descriptors that the manager accepts
   */
  public static Optional<DescriptorStore> of(Map<String, String> environment) throws IOException {
    byte[] address = environment.getOrDefault("NOTIFY_SOCKET", "").getBytes(StandardCharsets.UTF_8);
    String room = environment.getOrDefault("FDSTORE", "0");
    boolean isAddress =
        address.length > 1
            && address.length < ADDRESS_BYTES
            && (address[0] == '/' || address[0] == '@');
    if (!isAddress || !room.matches("[1-9][0-9]{0,8}")) {
      return Optional.empty();
    }
    if (address[0] == '@') {
      address[0] = 0;
    }
    try {
      int socket = LibC.socket(LibC.AF_UNIX, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0);
      return Optional.of(new DescriptorStore(address, socket));
    } catch (LastErrorException e) {
      throw NativeErrors.translate("socket", "the service manager", e);
    }
  }

  /**
   * Returns what an earlier process of this service left with the manager. Call once; sets
   * close-on-exec.
   *
   * @param environment of the process: {@code LISTEN_PID}, {@code LISTEN_FDS}, {@code
   *     LISTEN_FDNAMES}
   * @param pid of this process
   */
  public static List<Kept> received(Map<String, String> environment, long pid) {
    List<Kept> kept = new ArrayList<>();
    String count = environment.getOrDefault("LISTEN_FDS", "0");
    boolean isOurs = environment.getOrDefault("LISTEN_PID", "").equals(Long.toString(pid));
    if (!isOurs || !count.matches("[1-9][0-9]{0,4}")) {
      return kept;
    }
    String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
    for (int i = 0; i < Integer.parseInt(count); i++) {
      try {
        LibC.fcntl(FIRST + i, LibC.F_SETFD, new NativeLong(LibC.FD_CLOEXEC));
        kept.add(new Kept(i < names.length ? names[i] : "", FIRST + i));
      } catch (LastErrorException ignored) {
        // Not open: the environment belongs to another process.
      }
    }
    return kept;
  }

  /** Makes the manager keep a duplicate of a descriptor. */
  public void keep(String name, int fd) throws IOException {
    send("FDSTORE=1\nFDNAME=" + name + "\nFDPOLL=0\n", fd);
  }

  /** Makes the manager close what it keeps under a name. */
  public void forget(String name) throws IOException {
    send("FDSTOREREMOVE=1\nFDNAME=" + name + "\n", -1);
  }

  private synchronized void send(String text, int fd) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (Memory memory = new Memory(512 + bytes.length)) {
      memory.clear();
      Pointer name = memory.share(64);
      name.setShort(0, (short) LibC.AF_UNIX);
      name.write(2, address, 0, address.length);
      Pointer part = memory.share(192);
      Pointer content = memory.share(256);
      content.write(0, bytes, 0, bytes.length);
      part.setPointer(0, content);
      part.setLong(8, bytes.length);
      // struct msghdr, then struct cmsghdr, on 64-bit Linux.
      memory.setPointer(0, name);
      memory.setInt(8, 2 + address.length);
      memory.setPointer(16, part);
      memory.setLong(24, 1);
      if (fd >= 0) {
        Pointer control = memory.share(208);
        control.setLong(0, 20);
        control.setInt(8, LibC.SOL_SOCKET);
        control.setInt(12, LibC.SCM_RIGHTS);
        control.setInt(16, fd);
        memory.setPointer(32, control);
        memory.setLong(40, 24);
      }
      LibC.sendmsg(socket, memory, LibC.MSG_NOSIGNAL);
    } catch (LastErrorException e) {
      throw NativeErrors.translate("sendmsg", "the service manager", e);
    }
  }

  @Override
  public synchronized void close() {
    if (socket >= 0) {
      LibC.close(socket);
      socket = -1;
    }
  }
}
