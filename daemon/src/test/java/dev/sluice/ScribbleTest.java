package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.ReadyEntryLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A client that overwrites all of its memory at random while the daemon uses it: other sessions are
 * unaffected, no agent fails, and the daemon stays up. The profile {@code soak} runs it for a
 * minute.
 */
@Tag("soak")
@ExtendWith(FailureDump.class)
class ScribbleTest {
  private static final long SECONDS = Long.getLong("sluice.test.scribbleSeconds", 4);
  private static final String[] LAYOUTS = {
    "l2-2026.06/a2a3", "l2-2026.07/a2a3", "chip-2026.08/a2a3", "chip-2026.09/a2a3"
  };
  private static final int WRITES = 200;
  private static final int ENTRIES = 64;
  private static final long SESSION_NANOS = 500_000_000;

  private final Random random = new Random(20261129);

  @Test
  void shouldProtectOthersFromAClientThatWritesOverItsArena() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      List<TestProducer> others = new ArrayList<>();
      try {
        for (int i = 0; i < LAYOUTS.length; i++) {
          others.add(
              daemon.producer(
                  "other " + i,
                  "--device",
                  String.valueOf(i + 1),
                  "--layout",
                  LAYOUTS[i],
                  "--rate",
                  "3000000",
                  "--duration-ns",
                  String.valueOf(TimeUnit.SECONDS.toNanos(SECONDS))));
        }
        long violations = 0;
        int sessions = 0;
        do {
          violations += scribble(daemon, LAYOUTS[sessions % LAYOUTS.length], sessions);
          sessions++;
        } while (System.nanoTime() < untilNs);
        assertTrue(violations > 0, "no violation in " + sessions + " sessions");
        for (TestProducer other : others) {
          assertUntouched(daemon, other);
        }
      } finally {
        for (TestProducer other : others) {
          other.close();
        }
      }
      assertEquals(List.of(), daemon.logged(Level.ERROR, "agent failed"));
      Await.until(daemon::isHealthy, daemon::describe);
    }
  }

  /** Asserts that every record is collected, or dropped by the device and counted. */
  private static void assertUntouched(TestDaemon daemon, TestProducer other) throws Exception {
    TestProducer.Report device = other.await();
    SessionView session = daemon.session(other.name());
    assertEquals(0, device.exitCode(), device::errors);
    assertEquals("ended (detached)", session.state());
    Law.assertBalanced(session);
    Law.assertAgrees(session, device);
    Law.assertContentIsTrue(session);
    assertEquals(0, session.violationsInAll(), () -> "violations: " + session);
    assertEquals(0, session.total().unaccounted(), () -> "unaccounted: " + session);
  }

  /** Runs one session for its share of the time; returns the violations that it counted. */
  private long scribble(TestDaemon daemon, String layout, int number) throws Exception {
    String name = "scribbler " + number;
    Geometry shape = new Geometry(Layout.parse(layout), 4, 2, 1, 4);
    try (NativeClient client = new NativeClient(daemon, name, 0, shape)) {
      client.start(1);
      ByteBuffer memory = client.memory().order(ByteOrder.LITTLE_ENDIAN);
      int pool = shape.poolOffset(BufferKind.AICPU_TASK, 0);
      long lent = memory.getLong(pool + shape.layout().pool().slotOffset(0));
      long untilNs = System.nanoTime() + SESSION_NANOS;
      while (System.nanoTime() < untilNs && client.isConnected()) {
        for (int i = 0; i < WRITES; i++) {
          write(memory);
        }
        forge(memory, shape.layout(), lent);
        Thread.yield();
      }
      try {
        client.detach();
      } catch (IllegalStateException ignored) {
        // the test makes no claim about the books of such a device
      }
    }
    return daemon.await(name, SessionView::isEnded).violationsInAll();
  }

  /**
   * Writes nearly valid entries, which random words never are, and a tail for them.
   *
   * @param lent a buffer lent to the device
   */
  private void forge(ByteBuffer memory, Layout layout, long lent) {
    int queue = random.nextInt(2);
    long size = layout.buffer(BufferKind.AICPU_TASK).sizeBytes();
    for (int entry = 0; entry < ENTRIES; entry++) {
      int at = layout.entryOffset(queue, entry);
      memory.putInt(at + ReadyEntryLayout.CORE_INDEX_OFFSET, random.nextInt(8) - 2);
      memory.putInt(at + ReadyEntryLayout.KIND_OFFSET, random.nextInt(8) - 2);
      memory.putLong(
          at + ReadyEntryLayout.BUFFER_PTR_OFFSET, lent + size * (random.nextInt(200) - 50));
    }
    int tail = random.nextInt(16) == 0 ? random.nextInt() : random.nextInt(ENTRIES);
    memory.putInt(layout.queueTailOffset(queue), tail);
  }

  private void write(ByteBuffer memory) {
    // Half of the writes go into header and queues, at the start of the arena.
    int words = memory.capacity() / Long.BYTES;
    int at = random.nextInt(random.nextBoolean() ? words : Math.min(words, 1 << 13)) * Long.BYTES;
    switch (random.nextInt(4)) {
      case 0 -> memory.putLong(at, random.nextLong());
      case 1 -> memory.putInt(at + Integer.BYTES * random.nextInt(2), random.nextInt(64));
      case 2 -> memory.put(at + random.nextInt(Long.BYTES), (byte) random.nextInt());
      default -> memory.putLong(at, memory.getLong(random.nextInt(words) * Long.BYTES));
    }
  }
}
