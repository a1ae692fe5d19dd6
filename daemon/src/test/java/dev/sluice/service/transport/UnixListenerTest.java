package dev.sluice.service.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.PeerCredentials;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixListenerTest {
  @TempDir Path directory;
  private final EventLoops loops = new EventLoops(1);

  @AfterEach
  void stop() {
    loops.close();
  }

  private UnixListener listen(Path path) {
    return UnixListener.listen(
        loops,
        path,
        "attach",
        PosixFilePermissions.fromString("rw-------"),
        new ChannelInboundHandlerAdapter() {
          @Override
          public boolean isSharable() {
            return true;
          }
        });
  }

  @Test
  void shouldListenWithItsModeAndLeaveNoSocketBehind() throws IOException {
    Path path = directory.resolve("s");
    try (UnixListener listener = listen(path)) {
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
      assertTrue(connects(listener.path()));
    }
    assertFalse(Files.exists(path));
  }

  @Test
  void shouldReplaceTheSocketOfADeadDaemon() throws IOException {
    Path path = directory.resolve("s");
    // Closing a listening channel leaves its file, like a killed daemon.
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }
    assertTrue(Files.exists(path));
    try (UnixListener listener = listen(path)) {
      assertTrue(connects(listener.path()));
    }
  }

  @Test
  void shouldNotTakeTheSocketOfALivingDaemon() throws IOException {
    Path path = directory.resolve("s");
    try (UnixListener living = listen(path)) {
      assertEquals(
          "another daemon listens on "
              + path
              + ": stop it, or set sluice.attach.socket to another path",
          refusal(path));
      assertTrue(connects(living.path()), "and it goes on listening");
    }
    Path foreign = directory.resolve("foreign");
    try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      other.bind(UnixDomainSocketAddress.of(foreign));
      assertTrue(refusal(foreign).startsWith("another daemon listens on "));
    }
    listen(path).close(); // the address is free again
  }

  @Test
  void shouldSayWhatIsWrongWithThePath() throws IOException {
    String tooLong = refusal(Path.of("/tmp/" + "a".repeat(103)));
    assertTrue(tooLong.contains("has 108 bytes, the limit is 107"), tooLong);
    String noDirectory = refusal(directory.resolve("none/s"));
    assertTrue(noDirectory.startsWith("no directory " + directory.resolve("none")), noDirectory);
    Path file = Files.writeString(directory.resolve("file"), "precious");
    assertTrue(refusal(file).startsWith(file + " is not a socket: remove it"));
    assertEquals("precious", Files.readString(file));
  }

  @Test
  void shouldSayThatTheDirectoryIsNotWritable() throws IOException {
    Path locked = Files.createDirectory(directory.resolve("locked"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    // Root may write anywhere and would never see the message.
    Predicate<Path> isWritable = asked -> !asked.equals(locked) && Files.isWritable(asked);
    assertEquals(
        "no permission to create the attach socket in "
            + locked
            + ": run as its owner, or set sluice.attach.socket to a path elsewhere",
        assertThrows(
                BindException.class,
                () -> SocketClaim.refuseUnusable(locked.resolve("s"), "attach", isWritable))
            .getMessage());
    if (!Files.isWritable(locked)) {
      assertTrue(
          refusal(locked.resolve("s")).startsWith("no permission to create the attach socket"));
    }
  }

  @Test
  void shouldRefuseADirectoryThatTheKernelWillNotWrite() {
    // No user can create files in /proc, not even root.
    String message = refusal(Path.of("/proc/self/sluice.sock"));
    assertTrue(message.contains("/proc/self"), message);
  }

  @Test
  void shouldDecideByUserAndGroup() {
    UnixListener.Owner owner = new UnixListener.Owner(100, 200);
    assertTrue(allowed(owner, 0, List.of(), Set.of(), Set.of()));
    assertTrue(allowed(owner, 100, List.of(), Set.of(), Set.of()));
    assertFalse(allowed(owner, 101, List.of(101), Set.of(), Set.of()));
    assertTrue(allowed(owner, 101, List.of(101, 200), Set.of(), Set.of()));
    assertTrue(allowed(owner, 101, List.of(101), Set.of(101), Set.of()));
    assertTrue(allowed(owner, 101, List.of(300), Set.of(), Set.of(300)));
    assertFalse(allowed(owner, 101, List.of(200), Set.of(), Set.of(300)));
  }

  private static boolean allowed(
      UnixListener.Owner owner,
      int uid,
      List<Integer> gids,
      Set<Integer> allowedUids,
      Set<Integer> allowedGids) {
    return Peers.isAllowed(new PeerCredentials(1, uid, gids), owner, allowedUids, allowedGids);
  }

  private String refusal(Path path) {
    return assertThrows(BindException.class, () -> listen(path)).getMessage();
  }

  private static boolean connects(Path path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(path));
    }
  }
}
