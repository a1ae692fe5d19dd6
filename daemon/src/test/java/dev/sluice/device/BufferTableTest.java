package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.testkit.TestArena;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BufferTableTest {
  private static final long BASE = TestArena.DEVICE_BASE;

  private final ArenaPlan plan = TestArena.small(Generation.CHIP_2026_08, 3, 2, 4).plan();
  private final BufferTable table = new BufferTable(plan, BASE);

  @Test
  void shouldFindEveryBufferByItsAddressAndKindAlone() {
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      long address = BASE + plan.offsetOfBuffer(buffer);
      assertEquals(address, table.deviceAddress(buffer));
      assertEquals(plan.offsetOfBuffer(buffer), table.offset(buffer));
      for (BufferKind kind : BufferKind.TIMED) {
        if (kind == plan.kindOfBuffer(buffer)) {
          assertEquals(buffer, table.find(kind, address));
        } else {
          refuses(AbiViolation.WRONG_KIND, kind, address);
        }
      }
    }
  }

  private void refuses(AbiViolation expected, BufferKind kind, long address) {
    int found = table.find(kind, address);
    assertTrue(found < 0, () -> "took 0x" + Long.toHexString(address));
    assertEquals(expected, BufferTable.violation(found), Long.toHexString(address));
  }

  @Test
  void shouldSayWhatIsWrong() {
    BufferKind kind = BufferKind.SCHED_PHASE;
    long first = table.deviceAddress(plan.firstBuffer(kind));
    long bytes = plan.layout().buffer(kind).sizeBytes();
    long end = first + plan.buffers(kind) * bytes;
    refuses(AbiViolation.NULL_POINTER, kind, 0);
    refuses(AbiViolation.MISALIGNED_POINTER, kind, first + 1);
    refuses(AbiViolation.MISALIGNED_POINTER, kind, first + bytes - 1);
    refuses(AbiViolation.MISALIGNED_POINTER, kind, end - 1);
    refuses(AbiViolation.UNKNOWN_POINTER, kind, end);
    refuses(AbiViolation.UNKNOWN_POINTER, kind, BASE);
    refuses(AbiViolation.UNKNOWN_POINTER, kind, BASE - 64);
    refuses(AbiViolation.UNKNOWN_POINTER, kind, 64);
    refuses(AbiViolation.UNKNOWN_POINTER, kind, -1);
    refuses(AbiViolation.UNKNOWN_POINTER, kind, Long.MIN_VALUE);
    refuses(AbiViolation.UNKNOWN_POINTER, kind, Long.MAX_VALUE);
    // A match of the low 32 bits must not suffice.
    refuses(AbiViolation.UNKNOWN_POINTER, kind, first + (1L << 32));
    refuses(AbiViolation.UNKNOWN_POINTER, kind, first - (1L << 32));
  }

  @Test
  void shouldTakeNoAddressButTheStartOfABuffer() {
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      BufferKind kind = BufferKind.TIMED.get(random.nextInt(BufferKind.TIMED.size()));
      long address =
          random.nextBoolean() ? random.nextLong() : BASE + random.nextInt(plan.totalBytes());
      int found = table.find(kind, address);
      if (found >= 0) {
        assertEquals(kind, plan.kindOfBuffer(found));
        assertEquals(address, table.deviceAddress(found));
      }
    }
  }

  @Test
  void shouldKnowNoBufferOfAKindThatTheLevelLeavesOut() {
    ArenaPlan low = TestArena.small(Generation.CHIP_2026_08, 3, 2, 1).plan();
    BufferTable sparse = new BufferTable(low, BASE);
    for (int at = 0; at < low.totalBytes(); at += 64) {
      assertTrue(sparse.find(BufferKind.ORCH_PHASE, BASE + at) < 0);
    }
  }
}
