package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.PoolLayout;
import dev.sluice.handoff.ShardJournal;
import dev.sluice.testkit.TestArena;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class AdoptionTest {
  private final TestArena memory = TestArena.small(Generation.CHIP_2026_09, 3, 2, 4);
  private final ArenaPlan plan = memory.plan();
  private final HostState state = HostState.inMemory(plan, 1);
  private final int pool = plan.pool(BufferKind.AICPU_TASK, 1);
  private final PoolLayout layout = plan.poolLayout(pool);
  private final int at = plan.poolOffset(pool);
  private final RunArena arena;

  AdoptionTest() {
    Arena.initialise(memory.memory(), plan);
    arena = RunArena.of(memory.memory(), plan, TestArena.DEVICE_BASE, state);
  }

  /** Returns a buffer of the pool. */
  private int buffer(int number) {
    int first = 0;
    while (plan.homePool(first) != pool) {
      first++;
    }
    return first + number;
  }

  private void push(int index, int buffer) {
    ByteBuffer bytes = memory.bytes();
    bytes.putLong(
        at + layout.slotOffset(index), TestArena.DEVICE_BASE + arena.table().offset(buffer));
    bytes.putInt(at + layout.tailOffset(), index + 1);
  }

  private BufferState adopted(int buffer, int lentByGuard) throws IOException {
    new Adoption(arena, new ShardJournal[] {state.journal(0)}, lent -> lent == lentByGuard);
    return arena.ledger().state(buffer);
  }

  @Test
  void shouldLeaveWhatTheDevicePoppedToIt() throws IOException {
    arena.ledger().lend(buffer(0), pool, 0);
    push(0, buffer(0));
    memory.bytes().putInt(at + layout.headOffset(), 1);
    assertEquals(BufferState.DEVICE, adopted(buffer(0), -1));
  }

  @Test
  void shouldFreeWhatWasNeverPublished() throws IOException {
    arena.ledger().lend(buffer(0), pool, 0);
    assertEquals(BufferState.FREE, adopted(buffer(0), -1));
  }

  /** The host died before it stored the tail, and a guard reused the slot. */
  @Test
  void shouldFreeWhatWasNeverPublishedIfAGuardUsedItsSlot() throws IOException {
    arena.ledger().lend(buffer(0), pool, 0);
    push(0, buffer(1));
    memory.bytes().putInt(at + layout.headOffset(), 1);
    assertEquals(BufferState.FREE, adopted(buffer(0), buffer(1)));
    assertEquals(BufferState.DEVICE, arena.ledger().state(buffer(1)));
  }

  /** The next host had already written another buffer into the slot that the device popped. */
  @Test
  void shouldBelieveNoSlotThatAHostMayHaveWrittenAgain() throws IOException {
    for (int index = 0; index < layout.slotCount(); index++) {
      push(index, buffer(index));
      arena.ledger().lend(buffer(index), pool, index);
    }
    memory.bytes().putInt(at + layout.headOffset(), layout.slotCount());
    int tail = layout.slotCount();
    memory
        .bytes()
        .putLong(
            at + layout.slotOffset(tail), TestArena.DEVICE_BASE + arena.table().offset(buffer(4)));
    assertEquals(BufferState.DEVICE, adopted(buffer(0), -1));
  }
}
