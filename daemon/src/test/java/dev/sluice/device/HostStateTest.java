package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Generation;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.handoff.ShardJournal;
import dev.sluice.testkit.TestArena;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class HostStateTest {
  private static final byte[] TOKEN = "sixteen bytes ..".getBytes(StandardCharsets.US_ASCII);

  private final ArenaPlan plan = TestArena.small(Generation.L2_2026_07, 3, 2, 4).plan();

  /** The same memory, mapped by a descriptor of its own, as the next daemon gets it. */
  private static SharedRegion again(HostState state) throws IOException {
    return SharedRegion.adopt(SharedRegion.duplicateDescriptor(state.fd()));
  }

  @Test
  void shouldShowTheNextDaemonWhatWasWritten() throws IOException {
    try (HostState state = HostState.create(plan, 2, "test")) {
      state.putIdentity(TOKEN, new byte[] {1, 2, 3});
      state.putBooks(new byte[] {4});
      state.putBooks(new byte[] {5, 6});
      new BufferLedger(state.rows()).lend(3, 1, 7);
      try (HostState next = HostState.adopt(again(state))) {
        assertArrayEquals(TOKEN, next.token());
        assertArrayEquals(new byte[] {1, 2, 3}, next.identity());
        assertArrayEquals(new byte[] {5, 6}, next.books());
        assertEquals(2, next.shards());
        assertTrue(next.fits(plan));
        assertEquals(BufferState.FREE_QUEUE, new BufferLedger(next.rows()).state(3));
      }
    }
  }

  private void assertRefused(String reason, Consumer<ByteBuffer> damage) throws IOException {
    try (HostState state = HostState.create(plan, 1, "test")) {
      SharedRegion region = again(state);
      damage.accept(region.buffer());
      IOException e = assertThrows(IOException.class, () -> HostState.adopt(region));
      assertTrue(e.getMessage().contains(reason), e.getMessage());
    }
  }

  @Test
  void shouldRefuseWhatItCannotRead() throws IOException {
    assertRefused("not a host state", memory -> memory.putLong(0, 1));
    assertRefused(
        "version 3, this daemon reads 2", memory -> memory.putInt(HostState.VERSION_OFFSET, 3));
    int boot = HostState.BOOT_OFFSET;
    assertRefused("another boot", memory -> memory.put(boot, (byte) ~memory.get(boot)));
    for (int offset :
        List.of(
            HostState.BUFFERS_OFFSET,
            HostState.POOLS_OFFSET,
            HostState.SHARDS_OFFSET,
            HostState.BYTES_OFFSET)) {
      for (int value : new int[] {-1, 0, 1 << 20, Integer.MAX_VALUE}) {
        assertRefused("impossible", memory -> memory.putInt(offset, value));
      }
    }
  }

  @Test
  void shouldForgetAStepThatWasNotCommitted() {
    HostState state = HostState.inMemory(plan, 1);
    ShardJournal journal = state.journal(0);
    ShardJournal.PoolMark mark = new ShardJournal.PoolMark();
    for (int step = 1; step <= 3; step++) {
      mark.collected = step;
      journal.begin(step, 10 * step);
      journal.pool(0, 2, mark);
      journal.stageTail(64L * step);
      journal.count(0, step);
      if (step < 3) {
        journal.commit();
      }
    }
    ShardJournal next = state.journal(0);
    next.read(0, 2, mark);
    assertEquals(2, mark.collected);
    assertEquals(128, next.lastStageTail());
    assertEquals(2, next.lastCount(0));
    assertTrue(next.isLast(2, 20));
    // The number of the third step is used again, and its rows must not count then.
    next.begin(4, 40);
    next.commit();
    state.journal(0).read(0, 2, mark);
    assertEquals(2, mark.collected);
  }

  @Test
  void shouldBeAsItsPageSays() throws IOException {
    String page =
        Files.readString(
            Path.of(System.getProperty("basedir", "."), "..", "docs", "host-state.md"),
            StandardCharsets.UTF_8);
    for (String row :
        List.of(
            "| " + HostState.VERSION_OFFSET + " | 4 | version",
            "| " + HostState.BUFFERS_OFFSET + " | 4 | buffers",
            "| " + HostState.POOLS_OFFSET + " | 4 | pools",
            "| " + HostState.SHARDS_OFFSET + " | 4 | shards",
            "| " + HostState.BYTES_OFFSET + " | 8 | bytes",
            "| " + HostState.BOOT_OFFSET + " | 16 | boot",
            "| " + HostState.TOKEN_OFFSET + " | 16 | token",
            "| " + HostState.BOOKS_STEP_OFFSET + " | 8 | number",
            "| " + HostState.RUNS_OFFSET + " | 24 | epochs",
            "| " + HostState.IDENTITY_OFFSET + " | " + HostState.IDENTITY_BYTES + " |",
            "| " + HostState.BOOKS_OFFSET + " | " + HostState.BOOKS_BYTES + " |",
            "| " + HostState.JOURNALS_OFFSET + " | " + ShardJournal.SHARD_BYTES + " for",
            "| behind | " + ShardJournal.POOL_BYTES + " for",
            "| behind | " + BufferRows.BYTES + " for",
            "version " + HostState.VERSION,
            "state " + BufferRows.STATE + ", pool " + BufferRows.POOL,
            "8, queue " + BufferRows.QUEUE + " (" + BufferRows.UNDESCRIBED,
            "sequence " + BufferRows.SEQUENCE + ", instance " + BufferRows.INSTANCE,
            "records " + BufferRows.SALVAGED_COUNT + ", announced",
            "records " + BufferRows.ANNOUNCED + ", epoch " + BufferRows.EPOCH,
            "since " + BufferRows.READY_NS)) {
      assertTrue(page.contains(row), row);
    }
  }
}
