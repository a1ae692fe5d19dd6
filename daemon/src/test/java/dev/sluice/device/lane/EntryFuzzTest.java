package dev.sluice.device.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.device.BufferState;
import dev.sluice.handoff.SpscRing;
import dev.sluice.testkit.Corpus;
import dev.sluice.testkit.TestArena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/**
 * A device that publishes anything, moves any tail and writes any word of the arena, in any order
 * with drain and refill: no agent fails, and no buffer gets two owners.
 *
 * <p>An input is one byte for the layout, then one byte per step plus its operands.
 */
public final class EntryFuzzTest {
  private static final int MAX_STEPS = 400;

  private static long collected;
  private static long violations;

  @Test
  void shouldGiveEachBufferOneOwnerWhateverTheDeviceWrites() {
    Corpus.replay("entries", 100, EntryFuzzTest::fuzzerTestOneInput);
    assertTrue(collected > 500, "collected: " + collected);
    assertTrue(violations > 500, "violations: " + violations);
  }

  /** Entry point for Jazzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length > 1) {
      new Run(ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN)).play();
    }
  }

  /** One device and its host. */
  private static final class Run {
    private final ByteBuffer input;
    private final LaneRig rig;
    private final boolean[] isTaken;
    private final Deque<Integer> taken = new ArrayDeque<>();

    Run(ByteBuffer input) {
      this.input = input;
      int shape = input.get();
      Generation generation = Generation.values()[Math.floorMod(shape, Generation.values().length)];
      rig = new LaneRig(TestArena.small(generation, 3, 2, 4), 8, 4, (shape & 0x10) != 0);
      isTaken = new boolean[rig.plan.bufferCount()];
    }

    void play() {
      for (int step = 0; step < MAX_STEPS && input.hasRemaining(); step++) {
        step(input.get());
        collect();
      }
      for (int pass = 0; pass < 3; pass++) {
        rig.clock.advance(LaneRig.SWEEP_NANOS);
        rig.drain.doWork();
        rig.refill.doWork();
        collect();
      }
      for (AbiViolation violation : AbiViolation.ALL) {
        violations += rig.drain.violations().count(violation.ordinal());
      }
    }

    private void step(int code) {
      int queue = Math.floorMod(code >> 3, rig.plan.layout().queueCount());
      switch (code & 7) {
        case 0 -> {
          BufferKind kind = kind();
          int instance = Math.floorMod(oneByte(), Math.max(1, rig.plan.instances(kind)));
          rig.publish(queue, instance, kind.ordinal(), rig.pop(kind, instance), oneByte());
        }
        case 1 -> rig.publish(queue, word(), oneByte(), pointer(), word());
        case 2 -> rig.setTail(queue, word());
        case 3 -> {
          int bytes = rig.arena.bytes().capacity();
          int at = Math.floorMod(word(), bytes / Long.BYTES) * Long.BYTES;
          rig.arena.bytes().putLong(at, (long) word() << Integer.SIZE | (word() & 0xFFFFFFFFL));
        }
        case 4 -> rig.drain.doWork();
        case 5 -> rig.refill.doWork();
        case 6 -> rig.clock.advance((oneByte() & 0xFF) * 10_000L);
        default -> giveBack();
      }
    }

    private BufferKind kind() {
      return BufferKind.TIMED.get(Math.floorMod(oneByte(), BufferKind.TIMED.size()));
    }

    /** Returns an address at or near a buffer. */
    private long pointer() {
      int place = word();
      return TestArena.DEVICE_BASE
          + Math.floorMod(place, rig.arena.bytes().capacity())
          - (place & 1) * 8L;
    }

    private void collect() {
      for (long next = rig.handoff.poll(); next != SpscRing.EMPTY; next = rig.handoff.poll()) {
        int buffer = (int) next;
        assertFalse(isTaken[buffer], "buffer " + buffer + " was taken twice");
        assertEquals(BufferState.READY, rig.ledger.state(buffer));
        isTaken[buffer] = true;
        taken.add(buffer);
        collected++;
      }
    }

    private void giveBack() {
      Integer buffer = taken.poll();
      if (buffer != null) {
        isTaken[buffer] = false;
        rig.giveBack(buffer);
      }
    }

    private int oneByte() {
      return input.hasRemaining() ? input.get() : 0;
    }

    private int word() {
      return input.remaining() >= Integer.BYTES ? input.getInt() : oneByte();
    }
  }
}
