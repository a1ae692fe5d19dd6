package dev.sluice.ingest;

import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.SCHED_PHASE;
import static dev.sluice.abi.DropCause.HOST_LATE;
import static dev.sluice.abi.DropCause.POOL_EXHAUSTED;
import static dev.sluice.abi.DropCause.READY_QUEUE_FULL;
import static dev.sluice.abi.DropCause.UNKNOWN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import org.junit.jupiter.api.Test;

class DropAttributionTest {
  private final DropAttribution attribution = new DropAttribution(2);
  private long readyFull;

  /** One interval: pool 0 is of tasks, pool 1 of phases and quiet. */
  private void interval(long dropped, long late, long exhausted) {
    attribution.begin(readyFull);
    attribution.pool(0, AICPU_TASK, dropped, late, exhausted);
    attribution.pool(1, SCHED_PHASE, 0, 0, 0);
  }

  private void expects(DropCause cause, long count) {
    long sum = 0;
    for (DropCause other : DropCause.ALL) {
      sum += attribution.count(AICPU_TASK, other);
    }
    assertEquals(count, attribution.count(AICPU_TASK, cause), cause.label());
    assertEquals(count, sum, "in all");
  }

  @Test
  void shouldBlameTheHostWhenSparesWereAtHand() {
    interval(10, 1, 0);
    expects(HOST_LATE, 10);
  }

  @Test
  void shouldBlameThePoolWhenNoSpareWasLeft() {
    interval(10, 0, 1);
    expects(POOL_EXHAUSTED, 10);
  }

  @Test
  void shouldPreferTheScarcerReason() {
    interval(10, 1, 1);
    expects(POOL_EXHAUSTED, 10);
  }

  @Test
  void shouldAcceptEvidenceOfTheIntervalBefore() {
    interval(0, 1, 0);
    interval(7, 1, 0);
    expects(HOST_LATE, 7);
    interval(7, 1, 0);
    interval(9, 1, 0);
    assertEquals(2, attribution.count(AICPU_TASK, UNKNOWN), "two intervals later is too late");
  }

  @Test
  void shouldPreferFreshEvidence() {
    interval(0, 0, 1);
    interval(5, 1, 1);
    expects(HOST_LATE, 5);
  }

  @Test
  void shouldBlameAFullReadyQueueOnlyWithoutBetterEvidence() {
    readyFull = 3;
    interval(4, 0, 0);
    expects(READY_QUEUE_FULL, 4);
    readyFull = 5;
    interval(6, 1, 0);
    assertEquals(2, attribution.count(AICPU_TASK, HOST_LATE));
  }

  @Test
  void shouldSayWhenItDoesNotKnow() {
    interval(3, 0, 0);
    expects(UNKNOWN, 3);
  }

  @Test
  void shouldKeepKindsAndPoolsApart() {
    attribution.begin(0);
    attribution.pool(0, AICPU_TASK, 0, 1, 0);
    attribution.pool(1, SCHED_PHASE, 8, 0, 0);
    assertEquals(8, attribution.count(SCHED_PHASE, UNKNOWN), "another pool's evidence");
    for (BufferKind kind : BufferKind.ALL) {
      assertEquals(0, attribution.count(kind, HOST_LATE));
    }
  }
}
