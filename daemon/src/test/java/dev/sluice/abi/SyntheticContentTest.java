package dev.sluice.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.testkit.SyntheticRecords;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SyntheticContentTest {
  private static final long SEED = 7;
  private static final long ORIGIN = 1_000_000;
  private static final long PERIOD = 1_600;
  // Not 0, so that confusing absolute and relative offsets fails.
  private static final int AT = 64;

  private final ByteBuffer memory = ByteBuffer.allocateDirect(256).order(ByteOrder.LITTLE_ENDIAN);

  private static Geometry geometry(Generation generation) {
    return new Geometry(Layout.of(generation, Platform.A2A3), 4, 2, 1, 4);
  }

  private static SyntheticContent content(Generation generation) {
    return new SyntheticContent(geometry(generation), SEED, ORIGIN, PERIOD);
  }

  private static SyntheticContent.Recipe recipe(boolean isJittered) {
    return new SyntheticContent.Recipe(SEED, ORIGIN, PERIOD, isJittered);
  }

  static Stream<Arguments> contents() {
    return Stream.of(Generation.values())
        .flatMap(
            generation -> Stream.of(arguments(generation, false), arguments(generation, true)));
  }

  /** Computed from the formulas in sluice_content.h with another language's big integers. */
  @Test
  void shouldAcceptATaskWorkedOutByHand() {
    // Core 2, index 5: q = 100, m = 63, base = 1000000 + 5 * 1600 + 2 * 400 = 1008800,
    // x = 0x2BF52E1BBFE9D693, g = 22.
    long base = 1_008_800;
    memory.putLong(AT, base + 0x3f);
    memory.putLong(AT + 8, base + 1_200 + 0x35);
    memory.putInt(AT + 16, 5);
    SyntheticContent content = content(Generation.L2_2026_06);
    assertTrue(content.matches(BufferKind.AICPU_TASK, memory, AT, 2, 5));

    memory.putLong(AT, base + 200 + 0x1b);
    memory.putLong(AT + 8, base + 800 + 0x2e);
    memory.putLong(AT + 16, 0x2_0000_0005L);
    memory.putInt(AT + 24, 5);
    memory.putInt(AT + 28, 0x2b);
    assertTrue(content.matches(BufferKind.AICORE_TASK, memory, AT, 2, 5));
  }

  /** Same for jittered content. */
  @Test
  void shouldAcceptAJitteredTaskWorkedOutByHand() {
    SyntheticContent content = new SyntheticContent(geometry(Generation.L2_2026_06), recipe(true));
    memory.putLong(AT, 1_049_109);
    memory.putLong(AT + 8, 1_049_594);
    memory.putLong(AT + 16, 5);
    memory.putLong(AT + 24, 0);
    assertTrue(content.matches(BufferKind.AICPU_TASK, memory, AT, 2, 5));

    memory.putLong(AT, 1_049_163);
    memory.putLong(AT + 8, 1_049_497);
    memory.putLong(AT + 16, 22);
    memory.putInt(AT + 24, 5);
    memory.putInt(AT + 28, 7);
    assertTrue(content.matches(BufferKind.AICORE_TASK, memory, AT, 2, 5));
  }

  @ParameterizedTest
  @MethodSource("contents")
  void shouldAgreeWithAnIndependentWriter(Generation generation, boolean isJittered) {
    SyntheticContent content = new SyntheticContent(geometry(generation), recipe(isJittered));
    SyntheticRecords writer = new SyntheticRecords(geometry(generation), recipe(isJittered));
    for (BufferKind kind : BufferKind.ALL) {
      for (long index = 0; index < 500; index++) {
        writer.write(kind, 1, index, memory, AT);
        assertTrue(content.matches(kind, memory, AT, 1, index), kind.label() + " " + index);
        assertEquals(index, content.indexIn(kind, memory, AT), kind.label());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("contents")
  void shouldNoticeEveryFlippedBit(Generation generation, boolean isJittered) {
    SyntheticContent content = new SyntheticContent(geometry(generation), recipe(isJittered));
    SyntheticRecords writer = new SyntheticRecords(geometry(generation), recipe(isJittered));
    for (BufferKind kind : BufferKind.ALL) {
      for (long index = 0; index < 8; index++) {
        writer.write(kind, 1, index, memory, AT);
        for (int bit = 0; bit < kind.recordBytes() * 8; bit++) {
          flip(AT + bit / 8, bit % 8);
          assertFalse(content.matches(kind, memory, AT, 1, index), kind.label() + " bit " + bit);
          flip(AT + bit / 8, bit % 8);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("contents")
  void shouldFindHowManyRecordsFollowEachOther(Generation generation, boolean isJittered) {
    SyntheticContent content = new SyntheticContent(geometry(generation), recipe(isJittered));
    SyntheticRecords writer = new SyntheticRecords(geometry(generation), recipe(isJittered));
    int count = 20;
    long first = (1L << 32) - 7;
    for (BufferKind kind : BufferKind.ALL) {
      int size = kind.recordBytes();
      ByteBuffer records =
          ByteBuffer.allocate(AT + (count + 1) * size).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i <= count; i++) {
        writer.write(kind, 1, first + i, records, AT + i * size);
      }
      // The record after the count is right, too, but must not be read.
      assertEquals(count, content.matching(kind, records, AT, count, 1, first), kind.label());
      assertEquals(0, content.matching(kind, records, AT, 0, 1, first));
      for (int wrong = 0; wrong < count; wrong++) {
        // A missing record, then a damaged one.
        writer.write(kind, 1, first + wrong + 1, records, AT + wrong * size);
        assertEquals(wrong, content.matching(kind, records, AT, count, 1, first), kind.label());
        writer.write(kind, 1, first + wrong, records, AT + wrong * size);
        int at = AT + wrong * size + size - 1;
        records.put(at, (byte) ~records.get(at));
        assertEquals(wrong, content.matching(kind, records, AT, count, 1, first), kind.label());
        records.put(at, (byte) ~records.get(at));
      }
    }
  }

  private void flip(int at, int bit) {
    memory.put(at, (byte) (memory.get(at) ^ 1 << bit));
  }

  @Test
  void shouldKnowIndicesBeyond32Bits() {
    SyntheticContent content = content(Generation.CHIP_2026_08);
    SyntheticRecords writer =
        new SyntheticRecords(geometry(Generation.CHIP_2026_08), SEED, ORIGIN, PERIOD);
    long index = (1L << 32) + 3;
    for (BufferKind kind : BufferKind.ALL) {
      writer.write(kind, 0, index, memory, AT);
      assertTrue(content.matches(kind, memory, AT, 0, index), kind.label());
      assertFalse(content.matches(kind, memory, AT, 0, 3), kind.label());
      long mask = (1L << SyntheticContent.indexBits(kind)) - 1;
      assertEquals(index & mask, content.indexIn(kind, memory, AT), kind.label());
    }
  }

  @Test
  void shouldTellCoresSeedsAndGenerationsApart() {
    SyntheticRecords writer =
        new SyntheticRecords(geometry(Generation.L2_2026_06), SEED, ORIGIN, PERIOD);
    writer.write(BufferKind.AICORE_TASK, 1, 9, memory, AT);
    SyntheticContent other =
        new SyntheticContent(geometry(Generation.L2_2026_06), SEED + 1, ORIGIN, PERIOD);
    assertFalse(other.matches(BufferKind.AICORE_TASK, memory, AT, 1, 9));
    SyntheticContent jittered = new SyntheticContent(geometry(Generation.L2_2026_06), recipe(true));
    assertFalse(jittered.matches(BufferKind.AICORE_TASK, memory, AT, 1, 9));
    assertFalse(content(Generation.L2_2026_06).matches(BufferKind.AICORE_TASK, memory, AT, 2, 9));
  }
}
