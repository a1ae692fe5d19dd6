package dev.sluice.ingest;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.ORCH_PHASE;
import static dev.sluice.abi.BufferKind.SCHED_PHASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.device.BufferState;
import dev.sluice.ingest.IngestRig.TestSink.Offer;
import java.util.List;
import org.junit.jupiter.api.Test;

class CollectorAgentTest {
  private final IngestRig rig = new IngestRig(Generation.CHIP_2026_08, 64);

  private static long violations(IngestRig rig, AbiViolation violation) {
    return rig.collector.violations().count(violation.ordinal());
  }

  private int hand(BufferKind kind, int instance, int sequence, int count) {
    int buffer = rig.next(kind, instance);
    rig.setCount(buffer, count);
    rig.hand(buffer, instance, sequence);
    return buffer;
  }

  @Test
  void shouldCountRecordsByPoolAndGiveBuffersBack() {
    int first = hand(AICPU_TASK, 0, 0, 5);
    int second = hand(AICPU_TASK, 2, 0, 3);
    int third = hand(SCHED_PHASE, 1, 0, 6);
    assertEquals(3, rig.collector.doWork());
    assertEquals(0, rig.collector.doWork());
    assertEquals(5, rig.collected(AICPU_TASK, 0));
    assertEquals(0, rig.collected(AICPU_TASK, 1));
    assertEquals(3, rig.collected(AICPU_TASK, 2));
    assertEquals(6, rig.collected(SCHED_PHASE, 1));
    assertEquals(3, rig.collector.counters().get(CollectorAgent.BUFFERS));
    for (int buffer : new int[] {first, second, third}) {
      assertEquals(buffer, rig.returns.poll());
      assertEquals(BufferState.FREE, rig.state(buffer));
    }
  }

  @Test
  void shouldHoldABufferUntilTheSinkHasRoom() {
    rig.sink.hasRoom = false;
    int first = hand(AICPU_TASK, 0, 0, 5);
    int second = hand(AICPU_TASK, 0, 1, 4);
    assertEquals(1, rig.collector.doWork());
    assertEquals(0, rig.collector.doWork(), "waiting is no work");
    assertTrue(rig.collector.isHolding());
    assertEquals(BufferState.COLLECTING, rig.state(first));
    assertEquals(BufferState.READY, rig.state(second), "the next one waits its turn");
    assertEquals(0, rig.collected(AICPU_TASK, 0), "not collected before the sink has it");
    assertEquals(2, rig.collector.counters().get(CollectorAgent.SINK_FULL));
    rig.sink.hasRoom = true;
    rig.collector.doWork();
    assertFalse(rig.collector.isHolding());
    assertEquals(9, rig.collected(AICPU_TASK, 0));
    int pool = rig.plan.pool(AICPU_TASK, 0);
    Offer offer = new Offer(pool, 0, 5);
    assertEquals(List.of(offer, offer, offer, new Offer(pool, 1, 4)), rig.sink.offers);
  }

  @Test
  void shouldHoldABufferUntilTheReturnRingHasRoom() {
    IngestRig tight = new IngestRig(Generation.CHIP_2026_08, 1);
    int first = tight.hand(AICPU_TASK, 0, 0);
    int second = tight.hand(AICPU_TASK, 0, 1);
    assertEquals(2, tight.collector.doWork());
    assertEquals(BufferState.COLLECTING, tight.state(second));
    assertEquals(0, tight.collector.doWork());
    assertEquals(2, tight.collector.counters().get(CollectorAgent.RETURN_FULL));
    assertEquals(2, tight.sink.offers.size(), "offered once, although held twice");
    assertEquals(first, tight.returns.poll());
    tight.collector.doWork();
    assertEquals(second, tight.returns.poll());
    assertEquals(BufferState.FREE, tight.state(second));
  }

  @Test
  void shouldGiveABufferBackWhenTheSinkThrows() {
    rig.sink.throwsUp = true;
    int buffer = hand(AICPU_TASK, 0, 0, 5);
    assertEquals(1, rig.collector.doWork());
    assertEquals(buffer, rig.returns.poll());
    assertEquals(1, rig.collector.counters().get(CollectorAgent.SINK_FAILURES));
    assertEquals(5, rig.collected(AICPU_TASK, 0), "the sink's loss, not the device's");
  }

  @Test
  void shouldCapACountAboveTheCapacity() {
    for (int count : new int[] {6, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
      IngestRig own = new IngestRig(Generation.CHIP_2026_08, 64);
      int buffer = own.next(AICPU_TASK, 1);
      own.setCount(buffer, count);
      own.hand(buffer, 1, 0);
      own.collector.doWork();
      assertEquals(5, own.collected(AICPU_TASK, 1), "count " + count);
      assertEquals(1, violations(own, AbiViolation.COUNT_OVERFLOW));
    }
  }

  @Test
  void shouldNotAskTheCountOfAnAicoreBuffer() {
    int buffer = rig.next(AICORE_TASK, 0);
    rig.setTokens(buffer, 0, 1, 2);
    rig.setCount(buffer, Integer.MAX_VALUE);
    rig.hand(buffer, 0, 0);
    rig.collector.doWork();
    assertEquals(3, rig.collected(AICORE_TASK, 0));
    assertEquals(0, violations(rig, AbiViolation.COUNT_OVERFLOW));
  }

  @Test
  void shouldCountBuffersThatTheSequenceSkips() {
    hand(AICPU_TASK, 0, 0, 1);
    hand(AICPU_TASK, 0, 3, 1);
    hand(AICPU_TASK, 0, 4, 1);
    hand(AICPU_TASK, 1, 0, 1);
    rig.collector.doWork();
    assertEquals(2, rig.collector.books(0).missingBuffers().get(rig.plan.pool(AICPU_TASK, 0)));
    assertEquals(0, rig.collector.books(0).missingBuffers().get(rig.plan.pool(AICPU_TASK, 1)));
    assertEquals(1, violations(rig, AbiViolation.SEQUENCE));
    assertEquals(3, rig.collected(AICPU_TASK, 0), "what came is collected all the same");
  }

  @Test
  void shouldCountAnOldSequenceAndKeepThePlace() {
    hand(AICPU_TASK, 0, 0, 1);
    hand(AICPU_TASK, 0, 1, 1);
    hand(AICPU_TASK, 0, 0, 1);
    hand(AICPU_TASK, 0, 2, 1);
    rig.collector.doWork();
    assertEquals(1, violations(rig, AbiViolation.SEQUENCE));
    assertEquals(0, rig.collector.books(0).missingBuffers().sum());
  }

  /** Its core has changed threads, and the younger buffer arrived through another ring. */
  @Test
  void shouldCollectABufferThatComesLate() {
    rig.handAicore(0, 1, 2);
    rig.handAicore(2, 5, 6);
    rig.handAicore(1, 3, 4);
    rig.collector.doWork();
    int pool = rig.plan.pool(BufferKind.AICORE_TASK, 0);
    assertEquals(6, rig.collector.books(0).collected().get(pool));
    assertEquals(0, rig.collector.books(0).missingBuffers().get(pool));
    assertEquals(0, rig.collector.books(0).tokenGaps().get(pool));
    assertEquals(1, rig.collector.counters().get(CollectorAgent.LATE));
  }

  @Test
  void shouldLetPhasePoolsOfTheFirstGenerationSkip() {
    IngestRig first = new IngestRig(Generation.L2_2026_06, 64);
    first.hand(ORCH_PHASE, 0, 0);
    first.hand(ORCH_PHASE, 0, 2);
    first.hand(AICPU_TASK, 0, 1);
    first.collector.doWork();
    assertEquals(2, first.collector.books(0).missingBuffers().sum());
    assertEquals(1, violations(first, AbiViolation.SEQUENCE), "the task pool may not");
  }

  @Test
  void shouldKeepWhatWasSalvagedApart() {
    int buffer = rig.next(AICPU_TASK, 0);
    rig.setCount(buffer, 4);
    rig.ledger.lend(buffer, rig.plan.homePool(buffer), 0);
    // Salvage uses queue -1 for what it finds.
    rig.leases.describe(buffer, 0, -1, 9, 0);
    rig.ledger.claim(buffer);
    rig.handoff.offer(buffer);
    rig.collector.doWork();
    assertEquals(0, rig.collected(AICPU_TASK, 0));
    assertEquals(0, violations(rig, AbiViolation.SEQUENCE), "salvaged buffers have no order");
  }

  @Test
  void shouldCountSlotsBelowTheMarkThatNoCoreWrote() {
    int pool = rig.plan.pool(AICORE_TASK, 0);
    int buffer = rig.next(AICORE_TASK, 0);
    rig.setTokens(buffer, 7, 8, 9);
    rig.setCount(buffer, 5);
    rig.hand(buffer, 0, 0);
    rig.collector.doWork();
    assertEquals(2, rig.collector.books(0).unwrittenSlots().get(pool));
    assertEquals(0, rig.collector.books(0).unwrittenSalvaged().get(pool));
    // A mark below the written slots is a hint that was too small; it removes nothing.
    buffer = rig.next(AICORE_TASK, 0);
    rig.setTokens(buffer, 10, 11, 12);
    rig.setCount(buffer, 1);
    rig.hand(buffer, 0, 1);
    rig.collector.doWork();
    assertEquals(2, rig.collector.books(0).unwrittenSlots().get(pool));
    assertEquals(6, rig.collected(AICORE_TASK, 0));
  }

  @Test
  void shouldBelieveTheSmallerOfTwoCounts() {
    IngestRig newest = new IngestRig(Generation.CHIP_2026_09, 64);
    newest.handNamed(AICPU_TASK, 0, 3, 4, 7);
    newest.handNamed(AICPU_TASK, 1, 3, 1_000_000, 7);
    newest.collector.doWork();
    assertEquals(3, newest.collected(AICPU_TASK, 0));
    assertEquals(1, violations(newest, AbiViolation.COUNT_MISMATCH));
    assertEquals(3, newest.collected(AICPU_TASK, 1));
    assertEquals(1, violations(newest, AbiViolation.COUNT_OVERFLOW));
  }

  @Test
  void shouldNotMixTheRecordsOfAnotherRun() {
    IngestRig newest = new IngestRig(Generation.CHIP_2026_09, 64);
    newest.handNamed(AICPU_TASK, 0, 4, 4, 7);
    int other = newest.handNamed(AICPU_TASK, 0, 5, 5, 8);
    newest.collector.doWork();
    assertEquals(4, newest.collected(AICPU_TASK, 0));
    assertEquals(5, newest.collector.foreign().sum());
    assertEquals(1, violations(newest, AbiViolation.WRONG_RUN));
    assertEquals(BufferState.FREE, newest.ledger.state(other), "the pool goes on");
  }

  /** Sequence numbers of a closed run do not affect the open run. */
  @Test
  void shouldNotCheckTheOrderOfAnotherRun() {
    IngestRig newest = new IngestRig(Generation.CHIP_2026_09, 64);
    newest.handNamed(AICPU_TASK, 0, 4, 4, 7, 0);
    newest.handNamed(AICPU_TASK, 0, 5, 5, 3, 1_000);
    newest.handNamed(AICPU_TASK, 0, 4, 4, 7, 1);
    newest.handNamed(AICPU_TASK, 0, 5, 5, 3, 9_000_000);
    newest.collector.doWork();
    assertEquals(8, newest.collected(AICPU_TASK, 0));
    assertEquals(2, violations(newest, AbiViolation.WRONG_RUN));
    assertEquals(0, violations(newest, AbiViolation.SEQUENCE));
    assertEquals(0, newest.collector.books(0).missingBuffers().sum());
  }

  /** Each run has its own sequence numbers, tokens and books, all from the start. */
  @Test
  void shouldKeepRunsThatOverlapApart() {
    IngestRig newest = new IngestRig(Generation.CHIP_2026_09, 64);
    newest.leases.runs().close(0);
    int first = newest.leases.runs().open(7);
    int second = newest.leases.runs().open(8);
    int pool = newest.plan.pool(AICORE_TASK, 0);
    for (long run : new long[] {7, 8}) {
      int buffer = newest.handNamed(AICORE_TASK, 0, 2, 2, run, 0);
      newest.setTokens(buffer, 0, 1, 2); // the third is stale
    }
    int late = newest.handNamed(AICORE_TASK, 0, 1, 1, 7, 1);
    newest.setTokens(late, 2);
    newest.collector.doWork();
    assertEquals(3, newest.collector.books(first).collected().get(pool));
    assertEquals(2, newest.collector.books(second).collected().get(pool));
    assertEquals(0, violations(newest, AbiViolation.SEQUENCE));
    newest.leases.runs().close(first);
    int third = newest.leases.runs().open(9);
    assertEquals(first, third, "the place is used again");
    int next = newest.handNamed(AICORE_TASK, 0, 2, 2, 9, 0);
    newest.setTokens(next, 0, 1);
    int straggler = newest.handNamed(AICORE_TASK, 0, 1, 1, 7, 2);
    newest.setTokens(straggler, 3);
    newest.collector.doWork();
    assertEquals(3 + 2, newest.collector.books(third).collected().get(pool));
    assertEquals(1, newest.collector.foreign().get(pool), "its run is closed");
    assertEquals(0, violations(newest, AbiViolation.SEQUENCE));
  }

  @Test
  void shouldRefuseABufferWhoseTailIsNotThatOfItsEntry() {
    IngestRig newest = new IngestRig(Generation.CHIP_2026_09, 64);
    int buffer = newest.handNamed(AICPU_TASK, 0, 4, 4, 7);
    int tail = newest.plan.layout().buffer(AICPU_TASK).localSeqOffset();
    newest.arena.bytes().putInt(newest.plan.offsetOfBuffer(buffer) + tail, 99);
    newest.collector.doWork();
    assertEquals(0, newest.collected(AICPU_TASK, 0));
    assertEquals(1, violations(newest, AbiViolation.WRONG_RUN));
  }
}
