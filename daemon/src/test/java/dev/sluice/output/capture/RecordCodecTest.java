package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.RecordColumn;
import dev.sluice.ingest.TaskStatistics;
import dev.sluice.testkit.Allocations;
import dev.sluice.testkit.SyntheticRecords;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class RecordCodecTest {
  private static final int RECORDS = 1000;
  private static final Layout LAYOUT = Layout.parse("chip-2026.08/a2a3");

  /** Returns the reference codec and the native one, which every build has. */
  private static List<RecordCodec> codecs(BufferKind kind) {
    return List.of(
        new JavaCodec(kind.recordBytes(), LAYOUT.columns(kind)),
        NativeCodec.open(kind.recordBytes(), LAYOUT.columns(kind)).orElseThrow());
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns records whose fields are the values of {@code field}, numbered over all fields. */
  private static ByteBuffer records(BufferKind kind, int count, LongUnaryOperator field) {
    ByteBuffer records = buffer(count * kind.recordBytes());
    long number = 0;
    for (int i = 0; i < count; i++) {
      for (RecordColumn column : LAYOUT.columns(kind)) {
        int at = i * kind.recordBytes() + column.offset();
        long value = field.applyAsLong(number++);
        switch (column.bytes()) {
          case 8 -> records.putLong(at, value);
          case 4 -> records.putInt(at, (int) value);
          default -> records.putShort(at, (short) value);
        }
      }
    }
    return records;
  }

  /** Returns the payload, which must be identical from both codecs. */
  private static ByteBuffer encode(BufferKind kind, ByteBuffer records, int count) {
    List<ByteBuffer> payloads = new ArrayList<>();
    for (RecordCodec codec : codecs(kind)) {
      ByteBuffer payload = buffer(codec.maxBytes(count));
      codec.begin(payload, 0, 0, count);
      codec.append(records, 0, count);
      payloads.add(payload.limit(codec.end()));
    }
    assertEquals(-1, payloads.get(0).mismatch(payloads.get(1)), "first byte that differs");
    return payloads.get(0);
  }

  /** Asserts that the records survive a round trip; returns the payload size. */
  private static int roundTrip(BufferKind kind, ByteBuffer records, int count) {
    ByteBuffer payload = encode(kind, records, count);
    for (RecordCodec codec : codecs(kind)) {
      ByteBuffer decoded = buffer(count * kind.recordBytes());
      for (int i = 0; i < decoded.capacity(); i++) {
        decoded.put(i, (byte) 0x55);
      }
      assertTrue(codec.decode(payload, count, decoded), "decodes");
      assertEquals(-1, decoded.clear().mismatch(records.clear()), "first byte that differs");
    }
    return payload.limit();
  }

  @ParameterizedTest
  @FieldSource("dev.sluice.abi.BufferKind#ALL")
  @DisplayName("Whatever the fields hold, every record comes back bit for bit")
  void shouldGiveBackEveryBit(BufferKind kind) {
    Random random = new Random(1);
    for (int count : new int[] {1, 2, 63, 64, 65, 127, 128, 129, RECORDS}) {
      roundTrip(kind, records(kind, count, i -> 0), count);
      roundTrip(kind, records(kind, count, i -> -1), count);
      roundTrip(kind, records(kind, count, i -> i), count);
      roundTrip(kind, records(kind, count, i -> -i * i), count);
      roundTrip(kind, records(kind, count, i -> (i & 1) == 0 ? Long.MIN_VALUE : -1), count);
      roundTrip(kind, records(kind, count, i -> Long.MAX_VALUE - (i << 40)), count);
      for (int bits = 0; bits < Long.SIZE; bits++) {
        int shift = bits;
        roundTrip(kind, records(kind, count, i -> random.nextLong() >>> shift), count);
        roundTrip(kind, records(kind, count, i -> random.nextLong() >> shift), count);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("dev.sluice.abi.BufferKind#ALL")
  @DisplayName("Random records grow by less than one percent")
  void shouldFallBackToRawRecords(BufferKind kind) {
    Random random = new Random(1);
    ByteBuffer records = buffer(RECORDS * kind.recordBytes());
    for (int i = 0; i < records.capacity(); i += Long.BYTES) {
      records.putLong(i, random.nextLong());
    }
    int bytes = encode(kind, records, RECORDS).limit();
    assertTrue(bytes <= records.capacity() + records.capacity() / 100, () -> bytes + " bytes");
  }

  @Test
  @DisplayName("A block of noise between regular ones is stored raw and disturbs neither")
  void shouldMixRawBlocksWithColumns() {
    BufferKind kind = BufferKind.AICORE_TASK;
    Random random = new Random(1);
    ByteBuffer records = records(kind, 192, i -> 1_000_000 + 17 * i);
    for (int i = 64 * 32; i < 128 * 32; i += Long.BYTES) {
      records.putLong(i, random.nextLong());
    }
    int bytes = roundTrip(kind, records, 192);
    assertTrue(bytes > 64 * 32 && bytes < 64 * 32 + 600, () -> bytes + " bytes");
    for (int i = 0; i < 64 * 32; i += Long.BYTES) {
      records.putLong(i, random.nextLong());
    }
    roundTrip(kind, records, 192);
  }

  @ParameterizedTest
  @FieldSource("dev.sluice.abi.BufferKind#TIMED")
  @DisplayName("Records of a synthetic device take at most a quarter of their size")
  void shouldStoreWorkloadsSmall(BufferKind kind) {
    Geometry geometry = new Geometry(Layout.parse("chip-2026.08/a2a3"), 24, 3, 1, 4);
    SyntheticRecords content = new SyntheticRecords(geometry, 1, 1_000_000, 1_000);
    ByteBuffer records = buffer(RECORDS * kind.recordBytes());
    for (int i = 0; i < RECORDS; i++) {
      content.write(kind, 0, 5_000 + i, records, i * kind.recordBytes());
    }
    int bytes = roundTrip(kind, records, RECORDS);
    assertTrue(bytes <= records.capacity() / 4, () -> bytes + " of " + records.capacity());
  }

  @Test
  @DisplayName("A counter of 4 bytes that wraps takes no more than one that does not")
  void shouldStoreAWrapSmall() {
    BufferKind kind = BufferKind.AICPU_TASK;
    int[] bytes = new int[2];
    for (int wraps = 0; wraps < 2; wraps++) {
      ByteBuffer records = buffer(RECORDS * kind.recordBytes());
      int first = wraps == 0 ? 5 : Integer.MAX_VALUE - RECORDS / 2;
      for (int i = 0; i < RECORDS; i++) {
        records.putInt(i * kind.recordBytes() + 16, first + i);
      }
      bytes[wraps] = roundTrip(kind, records, RECORDS);
    }
    assertEquals(bytes[0], bytes[1]);
  }

  @Test
  @DisplayName("Pieces of a buffer with holes are one payload")
  void shouldTakeRecordsInPieces() {
    BufferKind kind = BufferKind.AICPU_TASK;
    ByteBuffer records = records(kind, RECORDS, i -> 3 * i + 7);
    for (RecordCodec codec : codecs(kind)) {
      ByteBuffer payload = buffer(codec.maxBytes(RECORDS));
      codec.begin(payload, 0, 0, RECORDS);
      for (int from = 0, length = 1; from < RECORDS; from += length, length += 9) {
        length = Math.min(length, RECORDS - from);
        codec.append(records, from * 32, length);
      }
      assertEquals(encode(kind, records, RECORDS), payload.limit(codec.end()));
      ByteBuffer larger = buffer(64 + codec.maxBytes(RECORDS));
      codec.begin(larger, 64, 0, RECORDS);
      codec.append(records, 0, 70);
      int bytes = codec.end() - 64;
      assertEquals(encode(kind, records, 70), larger.slice(64, bytes), "fewer than promised");
    }
  }

  @ParameterizedTest
  @FieldSource("dev.sluice.abi.BufferKind#ALL")
  @DisplayName("A payload that was cut, grown or changed never throws, and never reads beyond")
  void shouldRefuseWhatIsNoPayload(BufferKind kind) {
    Random random = new Random(1);
    ByteBuffer payload = encode(kind, records(kind, 130, i -> 5 * i + (i * i & 7)), 130);
    ByteBuffer decoded = buffer(130 * kind.recordBytes());
    ByteBuffer other = buffer(130 * kind.recordBytes());
    RecordCodec reference = codecs(kind).get(0);
    RecordCodec codec = codecs(kind).get(1);
    int whole = payload.limit();
    for (int length = 0; length < whole; length++) {
      assertFalse(codec.decode(payload.duplicate().limit(length), 130, decoded), "cut " + length);
    }
    for (RecordCodec each : List.of(reference, codec)) {
      assertFalse(each.decode(payload, 128, decoded), "fewer records");
      assertFalse(each.decode(payload, 131, buffer(131 * kind.recordBytes())), "more records");
    }
    for (int round = 0; round < 20_000; round++) {
      ByteBuffer changed = buffer(whole).put(0, payload, 0, whole);
      for (int i = 0; i <= random.nextInt(4); i++) {
        changed.put(random.nextInt(whole), (byte) random.nextInt());
      }
      boolean isPayload = reference.decode(changed, 130, other);
      assertEquals(isPayload, codec.decode(changed, 130, decoded), "as the reference");
      assertTrue(!isPayload || decoded.clear().equals(other.clear()), "the same records");
    }
    assertTrue(codec.decode(payload, 130, decoded), "the codec is still usable");
  }

  @Test
  @DisplayName("Both codecs count the same tasks, whatever their times")
  void shouldCountTheSameTasks() {
    BufferKind kind = BufferKind.AICORE_TASK;
    Geometry geometry = new Geometry(Layout.parse("chip-2026.08/a2a3"), 24, 3, 1, 4);
    TaskStatistics[] counted = {new TaskStatistics(geometry), new TaskStatistics(geometry)};
    List<RecordCodec> codecs = codecs(kind);
    Random random = new Random(1);
    ByteBuffer records = buffer(RECORDS * kind.recordBytes());
    for (int core = 0; core < 200; core++) {
      // Every second core is realistic: all tasks are possible and none is very long.
      boolean isTame = core % 2 == 0;
      int spread = random.nextInt(isTame ? 24 : 50);
      int count = 1 + random.nextInt(RECORDS);
      for (int i = 0; i < count; i++) {
        long start = random.nextLong() >>> random.nextInt(64);
        long ticks = random.nextLong() >>> (63 - spread);
        ticks = isTame ? ticks : (1000 + ticks) * (random.nextInt(40) - 1);
        records.putLong(i * 32, start).putLong(i * 32 + 8, start + ticks);
        records.putInt(i * 32 + 28, random.nextInt() >>> (isTame ? 8 + core % 24 : core % 32));
      }
      for (int i = 0; i < 2; i++) {
        RecordCodec codec = codecs.get(i);
        codec.observe(counted[i]);
        codec.begin(buffer(codec.maxBytes(count)), 0, core % 24, count);
        codec.append(records, 0, count);
        codec.end();
      }
      assertEquals(counted[0].memory(), counted[1].memory(), "core " + core);
    }
    assertTrue(counted[0].impossible() > 0, "some tasks are impossible");
  }

  @Test
  void shouldNotAllocate() {
    BufferKind kind = BufferKind.SCHED_PHASE;
    ByteBuffer records = records(kind, RECORDS, i -> i * 11);
    for (RecordCodec codec : codecs(kind)) {
      ByteBuffer payload = buffer(codec.maxBytes(RECORDS));
      Runnable once =
          () -> {
            codec.begin(payload, 0, 0, RECORDS);
            codec.append(records, 0, RECORDS);
            codec.end();
          };
      once.run();
      assertEquals(0, Allocations.leastBytesOf(once));
    }
  }

  @Test
  @DisplayName("The native codec goes nowhere outside of the buffers that it was given")
  void shouldCheckPlaces() {
    BufferKind kind = BufferKind.AICPU_TASK;
    ByteBuffer records = records(kind, RECORDS, i -> i);
    RecordCodec codec = codecs(kind).get(1);
    ByteBuffer payload = buffer(codec.maxBytes(10));
    assertThrows(IndexOutOfBoundsException.class, () -> codec.begin(payload, 8, 0, 10));
    codec.begin(payload, 0, 0, 10);
    assertThrows(IndexOutOfBoundsException.class, () -> codec.append(records, 0, 11));
    assertThrows(IndexOutOfBoundsException.class, () -> codec.append(records, 32 * RECORDS, 1));
    ByteBuffer small = buffer(9 * kind.recordBytes());
    ByteBuffer whole = encode(kind, records, 10);
    assertThrows(IndexOutOfBoundsException.class, () -> codec.decode(whole, 10, small));
  }

  @Test
  @DisplayName("The columns in a manifest are those that were written; anything else is refused")
  void shouldReadColumnsAsText() {
    for (BufferKind kind : BufferKind.ALL) {
      List<String> texts = RecordColumn.toText(LAYOUT.columns(kind));
      assertEquals(LAYOUT.columns(kind), RecordColumn.parse(texts, kind.recordBytes()));
    }
    for (String wrong :
        List.of(
            "",
            "a:0:8",
            "a:0:8:later",
            "a:4:8:plain",
            "a:32:8:plain",
            "a:-8:8:plain",
            "a:0:3:plain",
            "a:0:16:plain",
            "a:x:8:plain",
            "a:0:8:since:b",
            "a:0:8:since")) {
      assertThrows(
          IllegalArgumentException.class, () -> RecordColumn.parse(List.of(wrong), 32), wrong);
    }
  }
}
