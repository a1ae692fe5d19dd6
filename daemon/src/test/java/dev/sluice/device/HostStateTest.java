package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.abi.BufferKind;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostStateTest {
  private static final byte[] TOKEN = "sixteen bytes ..".getBytes(StandardCharsets.US_ASCII);

  private final ArenaPlan plan = TestArena.small(Generation.L2_2026_07, 3, 2, 4).plan();

  /** Maps the same memory through a separate descriptor, as the next daemon does. */
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
        "format 2, this daemon reads 1", memory -> memory.putInt(HostState.FORMAT_OFFSET, 2));
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
  void shouldRefuseWhatWasCutOff() throws IOException {
    try (HostState state = HostState.create(plan, 1, "test")) {
      SharedRegion whole = again(state);
      for (long bytes : new long[] {4096, HostState.JOURNALS_OFFSET, (whole.bytes() - 1) & -4096}) {
        SharedRegion cut =
            SharedRegion.create("test", bytes, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
        cut.buffer().put(0, whole.buffer(), 0, (int) bytes);
        assertThrows(IOException.class, () -> HostState.adopt(cut), () -> bytes + " bytes");
      }
      whole.close();
    }
  }

  @Test
  void shouldRefuseTheStateOfAnotherUser() throws IOException {
    try (HostState state = HostState.create(plan, 1, "test")) {
      SharedRegion region = again(state);
      Path file = Path.of("/proc/self/fd", Integer.toString(region.fd()));
      Integer own = (Integer) Files.getAttribute(file, "unix:uid");
      assumeTrue(own == 0, "only root can give memory to another user");
      Files.setAttribute(file, "unix:uid", 4242);
      IOException e = assertThrows(IOException.class, () -> HostState.adopt(region));
      assertTrue(e.getMessage().contains("another user"), e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {HostState.VERSION - 1, HostState.VERSION + 1})
  void shouldReadAllButTheBooksOfAnotherVersion(int version) throws IOException {
    try (HostState state = HostState.create(plan, 1, "test")) {
      state.putIdentity(TOKEN, new byte[] {1, 2, 3});
      state.putPast(BufferKind.COUNT - 1, new long[] {5, 6, 77});
      state.putVitals(new HostState.Vitals(0x4000, 12, 34, 56, 2));
      new BufferLedger(state.rows()).lend(3, 1, 7);
      SharedRegion region = again(state);
      TestStates.makeOfVersion(region.buffer(), version);
      try (HostState next = HostState.adopt(region)) {
        assertEquals(
            "its state has version " + version + ", this daemon reads " + HostState.VERSION,
            next.versionMismatch());
        assertArrayEquals(TOKEN, next.token());
        assertArrayEquals(new byte[] {1, 2, 3}, next.identity());
        assertEquals(new HostState.Vitals(0x4000, 12, 34, 56, 2), next.vitals());
        assertEquals(77, next.past(BufferKind.COUNT - 1)[2]);
        assertEquals(BufferState.FREE_QUEUE, new BufferLedger(next.rows()).state(3));
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
    // The uncommitted third step's number is reused; its rows must not count then.
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
            "| " + HostState.BASE_OFFSET + " | 8 | address",
            "| " + HostState.PROCESS_OFFSET + " | 4 | process",
            "| " + HostState.USER_OFFSET + " | 4 | user",
            "| " + HostState.START_TICKS_OFFSET + " | 8 | start",
            "| " + HostState.RUN_COUNT_OFFSET + " | 4 | runs",
            "| " + HostState.FORMAT_OFFSET + " | 4 | format",
            "| " + HostState.RUNS_OFFSET + " | 24 | epochs",
            "| " + HostState.PAST_OFFSET + " | 1536 | books of the runs that are over",
            "| " + HostState.IDENTITY_OFFSET + " | " + HostState.IDENTITY_BYTES + " |",
            "| " + HostState.BOOKS_OFFSET + " | " + HostState.BOOKS_BYTES + " |",
            "| " + HostState.JOURNALS_OFFSET + " | " + ShardJournal.SHARD_BYTES + " for",
            "| behind | " + ShardJournal.POOL_BYTES + " for",
            "| behind | " + BufferRows.BYTES + " for",
            "## State, version " + HostState.VERSION,
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
