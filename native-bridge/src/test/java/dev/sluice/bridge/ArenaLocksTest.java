package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.bridge.SharedRegion.Extra;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Checks the lock page in Java against sluice_lock.h, and two daemons on one arena. */
class ArenaLocksTest {
  private static final Path HEADER =
      Path.of(System.getProperty("basedir", "."), "src/main/c/sluice_lock.h");
  private static final int DIED = 0x40000000;
  private static final long AT = ArenaLocks.BYTES;

  private static SharedRegion region() throws IOException {
    return SharedRegion.create("sluice-test", 2 * AT, Extra.OFF, Extra.OFF);
  }

  private static int word(SharedRegion region, int lock) {
    return region
        .buffer()
        .getInt((int) AT + ArenaLocks.LOCKS_OFFSET + lock * ArenaLocks.LOCK_BYTES);
  }

  @Test
  void shouldDescribeThePageAsTheHeader() throws IOException {
    String header = Files.readString(HEADER);
    assertEquals(number(header, "SLUICE_LOCKS_BYTES"), ArenaLocks.BYTES);
    assertEquals(number(header, "SLUICE_LOCK_SESSION"), ArenaLocks.SESSION);
    assertEquals(number(header, "SLUICE_LOCK_OWNER"), ArenaLocks.OWNER);
    assertEquals(number(header, "SLUICE_LOCK_THREADS"), ArenaLocks.THREADS);
    assertEquals(number(header, "SLUICE_LOCK_CLAIM"), ArenaLocks.CLAIM);
    assertTrue(ArenaLocks.COUNT <= ArenaLocks.CLAIM);
    // The header asserts these struct sizes itself.
    String asserted = header.replaceAll("\\s+", " ");
    assertTrue(asserted.contains("sizeof(struct sluice_lock) == " + ArenaLocks.LOCK_BYTES));
    assertTrue(
        asserted.contains("offsetof(struct sluice_lock, beats) == " + ArenaLocks.BEATS_OFFSET));
    assertTrue(
        asserted.contains(
            "offsetof(struct sluice_lock_page, locks) == " + ArenaLocks.LOCKS_OFFSET));
    assertTrue(
        asserted.contains("offsetof(struct sluice_lock_page, lent) == " + ArenaLocks.LENT_OFFSET));
    assertEquals(number(header, "SLUICE_LENT_MAX"), ArenaLocks.MAX_LENT);
  }

  private static int number(String header, String name) {
    Matcher define = Pattern.compile("#define " + name + " (\\d+)").matcher(header);
    assertTrue(define.find(), name);
    return Integer.parseInt(define.group(1));
  }

  @Test
  void shouldTellOfASessionThatAnotherDaemonHas() throws IOException {
    try (SharedRegion region = region();
        ArenaLocks first = ArenaLocks.create(region.fd(), AT);
        ArenaLocks second = ArenaLocks.of(region.fd(), AT)) {
      assertFalse(second.claim(0));
      assertFalse(second.isOnlyWriter());
      assertTrue(first.isOnlyWriter());
      first.take(ArenaLocks.OWNER);
      assertTrue(first.isOnlyWriter());
      first.leave();
      assertFalse(second.claim(0), "a thread of the first may still write");
      assertFalse(second.isMine(ArenaLocks.SESSION), "and nothing is kept");
      first.give(ArenaLocks.OWNER);
      assertTrue(second.claim(0));
      assertTrue(second.isOnlyWriter());
      assertFalse(first.isOnlyWriter());
    }
  }

  @Test
  void shouldTakeWhatTheDeadHeld() throws IOException {
    try (SharedRegion region = region()) {
      ArenaLocks.create(region.fd(), AT).close();
      for (int lock = 0; lock < ArenaLocks.COUNT; lock++) {
        int at = (int) AT + ArenaLocks.LOCKS_OFFSET + lock * ArenaLocks.LOCK_BYTES;
        region.buffer().putInt(at, DIED);
      }
      try (ArenaLocks next = ArenaLocks.adopt(region.fd(), AT, 0)) {
        assertTrue(next.isOnlyWriter());
        assertThrows(IOException.class, () -> ArenaLocks.adopt(region.fd(), AT, 0));
        assertTrue(next.isOnlyWriter());
      }
      assertEquals(0, word(region, ArenaLocks.CLAIM));
      assertEquals(0, word(region, ArenaLocks.SESSION));
    }
  }

  @Test
  void shouldHoldALockForTheThreadThatTookIt() throws Exception {
    try (SharedRegion region = region();
        ArenaLocks locks = ArenaLocks.create(region.fd(), AT)) {
      locks.take(ArenaLocks.THREADS);
      locks.beat(ArenaLocks.THREADS, 7);
      assertEquals(LibC.gettid(), word(region, ArenaLocks.THREADS));
      int at = (int) AT + ArenaLocks.LOCKS_OFFSET + ArenaLocks.THREADS * ArenaLocks.LOCK_BYTES;
      assertEquals(7, region.buffer().getLong(at + ArenaLocks.BEATS_OFFSET));
      Thread other = new Thread(() -> locks.take(ArenaLocks.THREADS));
      other.start();
      other.join();
      // The kernel releases it when the thread exits, shortly after join returns.
      long beganNs = System.nanoTime();
      while (word(region, ArenaLocks.THREADS) != 0 && System.nanoTime() - beganNs < 10e9) {
        Thread.onSpinWait();
      }
      assertEquals(0, word(region, ArenaLocks.THREADS));
    }
    try (SharedRegion region = region();
        ArenaLocks closed = ArenaLocks.create(region.fd(), AT)) {
      closed.close();
      closed.take(ArenaLocks.OWNER);
      closed.give(ArenaLocks.OWNER);
      assertEquals(0, word(region, ArenaLocks.OWNER));
    }
  }

  @Test
  void shouldRefuseAnArenaWithoutLocks() throws IOException {
    try (SharedRegion region = region()) {
      assertThrows(IOException.class, () -> ArenaLocks.of(region.fd(), AT));
      assertThrows(IOException.class, () -> ArenaLocks.create(-1, AT));
      assertThrows(IOException.class, () -> ArenaLocks.create(region.fd(), 64));
    }
  }
}
