package dev.sluice.ingest;

import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.handoff.Lease;
import dev.sluice.testkit.Allocations;
import dev.sluice.testkit.SyntheticRecords;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ContentChecksTest {
  private static final int RECORDS = 100;
  private static final int BYTES = 32;
  private static final SyntheticContent.Recipe RECIPE =
      new SyntheticContent.Recipe(3, 1_000_000, 3_200, true);

  private final Layout layout =
      Layout.of(
          Generation.L2_2026_06,
          Platform.A2A3,
          new LayoutOverrides(0, 0, RECORDS, RECORDS, RECORDS, 128));
  private final Geometry geometry = new Geometry(layout, 2, 1, 1, 4);
  private final SyntheticContent content = new SyntheticContent(geometry, RECIPE);
  private final SyntheticRecords writer = new SyntheticRecords(geometry, RECIPE);
  private final ByteBuffer memory =
      ByteBuffer.allocateDirect(RECORDS * BYTES + 64).order(ByteOrder.LITTLE_ENDIAN);
  private final AcceptedRecords records = new AcceptedRecords(128);

  private Lease lease() {
    return new Lease().at(memory, layout.buffer(AICPU_TASK), 0).holding(RECORDS);
  }

  private void write(long firstIndex) {
    for (int slot = 0; slot < RECORDS; slot++) {
      writer.write(AICPU_TASK, 0, firstIndex + slot, memory, slot * BYTES);
    }
    records.first(RECORDS);
  }

  private void spoil(int slot) {
    memory.put(slot * BYTES + 3, (byte) (memory.get(slot * BYTES + 3) + 1));
  }

  @Test
  void shouldCompareEveryRecord() {
    ContentChecks checks = ContentChecks.ofAll(content, 1);
    LeaseSink sink = checks.newSink();
    assertTrue(sink.isReader());
    write(0);
    assertTrue(sink.accept(lease(), records));
    assertEquals(RECORDS, checks.verified());
    assertEquals(0, checks.mismatched());
    write(RECORDS);
    spoil(17);
    spoil(99);
    sink.accept(lease(), records);
    assertEquals(2 * RECORDS, checks.verified());
    assertEquals(2, checks.mismatched());
    write(2 * RECORDS);
    sink.accept(lease(), records);
    assertEquals(2, checks.mismatched(), "a wrong record does not spoil those after it");
  }

  @Test
  void shouldAcceptGapsAndRefuseRepetition() {
    ContentChecks checks = ContentChecks.ofAll(content, 1);
    LeaseSink sink = checks.newSink();
    write(5_000);
    sink.accept(lease(), records);
    assertEquals(0, checks.mismatched());
    sink.accept(lease(), records);
    assertEquals(RECORDS, checks.mismatched(), "the same records a second time");
  }

  @Test
  void shouldFollowIndicesBeyond32Bits() {
    ContentChecks checks = ContentChecks.ofAll(content, 1);
    LeaseSink sink = checks.newSink();
    write((1L << 32) - 50);
    sink.accept(lease(), records);
    write((1L << 32) + 50);
    sink.accept(lease(), records);
    assertEquals(0, checks.mismatched());
  }

  @Test
  void shouldCompareAFewRecordsOfEachBuffer() {
    ContentChecks checks = ContentChecks.ofSome(content, 1);
    LeaseSink sink = checks.newSink();
    assertFalse(sink.isReader());
    write(0);
    sink.accept(lease(), records);
    assertEquals(4, checks.verified());
    write(RECORDS);
    spoil(0);
    spoil(RECORDS - 1);
    sink.accept(lease(), records);
    assertEquals(2, checks.mismatched(), "first and last are among them");
  }

  @Test
  void shouldLookOnlyAtAcceptedRecords() {
    ContentChecks checks = ContentChecks.ofAll(content, 1);
    LeaseSink sink = checks.newSink();
    write(0);
    records.none(RECORDS);
    records.add(3);
    records.add(64);
    spoil(4);
    sink.accept(lease(), records);
    assertEquals(2, checks.verified());
    assertEquals(0, checks.mismatched());
  }

  @Test
  void shouldSumOverItsSinksAndCheckNothingWhenTold() {
    ContentChecks checks = ContentChecks.ofAll(content, 1);
    write(0);
    checks.newSink().accept(lease(), records);
    checks.newSink().accept(lease(), records);
    assertEquals(2 * RECORDS, checks.verified());
    assertSame(LeaseSink.COUNT_ONLY, ContentChecks.none().newSink());
  }

  @Test
  void shouldNotAllocate() {
    LeaseSink sink = ContentChecks.ofAll(content, 1).newSink();
    Lease lease = lease();
    write(0);
    Runnable rounds =
        () -> {
          for (int i = 0; i < 2_000; i++) {
            sink.accept(lease, records);
          }
        };
    assertEquals(0, Allocations.leastBytesOf(rounds));
  }

  @Test
  void shouldMarkTheFirstSlotsAndForgetThem() {
    for (int count = 0; count <= 128; count++) {
      records.first(count);
      assertEquals(count, records.count());
      assertEquals(count, records.slots());
      for (int slot = 0; slot < count; slot++) {
        assertTrue(records.isAccepted(slot), count + " " + slot);
      }
      records.none(128);
      assertEquals(0, records.count());
      for (int slot = 0; slot < 128; slot++) {
        assertFalse(records.isAccepted(slot), "after " + count + " slot " + slot);
      }
    }
  }
}
