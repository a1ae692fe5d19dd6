package dev.sluice.service.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.transport.EventLoops;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NotifySocketTest {
  @TempDir Path directory;
  private EventLoops loops;

  @BeforeEach
  void start() {
    loops = new EventLoops(1);
  }

  @AfterEach
  void stop() {
    loops.close();
  }

  @Test
  void shouldSendOneDatagramPerMessage() throws Exception {
    String path = directory.resolve("notify").toString();
    try (Manager manager = new Manager(loops, path);
        NotifySocket socket = NotifySocket.open(path, loops).orElseThrow()) {
      socket.send("READY=1", "STATUS=fine");
      socket.send("WATCHDOG=1");
      assertEquals("READY=1\nSTATUS=fine\n", manager.next());
      assertEquals("WATCHDOG=1\n", manager.next());
    }
  }

  /** The usual form under systemd: an abstract name, written with @ for its zero byte. */
  @Test
  void shouldReachAnAbstractAddress() throws Exception {
    String name = "sluice-test-" + ProcessHandle.current().pid();
    try (Manager manager = new Manager(loops, '\0' + name);
        NotifySocket socket = NotifySocket.open('@' + name, loops).orElseThrow()) {
      // The kernel's list of Unix sockets shows the exact address bytes, without padding.
      assertTrue(
          Files.readAllLines(Path.of("/proc/net/unix")).stream()
              .anyMatch(line -> line.endsWith(" @" + name)));
      socket.send("READY=1");
      assertEquals("READY=1\n", manager.next());
    }
    assertFalse(Files.exists(Path.of("@" + name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "@", "relative/path", "vsock:2:1234", "/a\0b"})
  void shouldRefuseWhatIsNoAddress(String address) {
    assertTrue(NotifySocket.open(address, loops).isEmpty());
  }

  @Test
  void shouldRefuseAnAddressThatNoSocketCanHave() {
    assertTrue(NotifySocket.address("/" + "a".repeat(106)).isPresent());
    assertTrue(NotifySocket.address("/" + "a".repeat(107)).isEmpty());
    // The limit is in bytes, not characters.
    assertTrue(NotifySocket.address("@" + "\u00e4".repeat(54)).isEmpty());
  }

  @Test
  void shouldGoOnWithoutAListener() throws Exception {
    String nobody = directory.resolve("nobody").toString();
    try (NotifySocket socket = NotifySocket.open(nobody, loops).orElseThrow()) {
      assertFalse(socket.sendNow("READY=1"));
      try (Manager manager = new Manager(loops, nobody)) {
        assertTrue(socket.sendNow("WATCHDOG=1"));
        assertEquals("WATCHDOG=1\n", manager.next());
      }
    }
  }
}
