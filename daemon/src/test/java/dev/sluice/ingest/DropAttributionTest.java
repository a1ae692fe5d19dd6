package dev.sluice.ingest;

import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.SCHED_PHASE;
import static dev.sluice.abi.DropCause.HOST_LATE;
import static dev.sluice.abi.DropCause.POOL_EXHAUSTED;
import static dev.sluice.abi.DropCause.READY_QUEUE_FULL;
import static dev.sluice.abi.DropCause.UNKNOWN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.DropCause;
import org.junit.jupiter.api.Test;

class DropAttributionTest {
  private final DropAttribution attribution = new DropAttribution(2);
  private final DropEvidence tasks = new DropEvidence();
  private final DropEvidence phases = new DropEvidence();
  private long readyFull;
  private boolean isReadyFullNow;
  private long handoffFull;

  /** Runs one interval: pool 0 holds tasks, pool 1 phases. */
  private void interval() {
    attribution.begin(readyFull, isReadyFullNow, handoffFull);
    attribution.pool(0, AICPU_TASK, tasks);
    attribution.pool(1, SCHED_PHASE, phases);
  }

  private void expects(DropCause cause, long count) {
    assertEquals(count, attribution.count(0, cause), cause.label());
    assertEquals(count, attribution.count(AICPU_TASK, cause), cause.label());
  }

  private void expectsNothingElse() {
    long sum = 0;
    for (DropCause cause : DropCause.ALL) {
      sum += attribution.count(0, cause);
    }
    assertEquals(tasks.dropped, sum, "in all");
  }

  @Test
  void shouldTellCausesApartWithinOneInterval() {
    tasks.dropped = 17;
    tasks.whileSpareAtHand = 10;
    tasks.whileNotReturned = 7;
    interval();
    expects(HOST_LATE, 10);
    expects(POOL_EXHAUSTED, 7);
    expectsNothingElse();
  }

  @Test
  void shouldBlameTheHostForWhatItDidNotDrain() {
    tasks.dropped = 10;
    tasks.whileNotDrained = 10;
    interval();
    expects(HOST_LATE, 10);
    expectsNothingElse();
  }

  @Test
  void shouldNotBlameADrainThatHadNowhereToPutIt() {
    handoffFull = 3;
    tasks.dropped = 10;
    tasks.whileNotDrained = 10;
    interval();
    expects(POOL_EXHAUSTED, 10);
    expectsNothingElse();
  }

  @Test
  void shouldTakeAHostThatHasNotNoticedForLate() {
    tasks.dropped = 10;
    tasks.isEmpty = true;
    interval();
    expects(HOST_LATE, 10);
    tasks.dropped = 25;
    interval();
    expects(HOST_LATE, 25);
    // The host resumes and finds what it missed.
    tasks.isEmpty = false;
    tasks.whileSpareAtHand = 25;
    interval();
    expects(HOST_LATE, 25);
    expectsNothingElse();
  }

  @Test
  void shouldNeverTakeACauseBack() {
    tasks.dropped = 10;
    tasks.isEmpty = true;
    interval();
    tasks.isEmpty = false;
    tasks.whileNotReturned = 10;
    interval();
    expects(HOST_LATE, 10);
    expects(POOL_EXHAUSTED, 0);
    tasks.dropped = 15;
    tasks.whileNotReturned = 15;
    interval();
    expects(POOL_EXHAUSTED, 5);
    expectsNothingElse();
  }

  @Test
  void shouldKnowThatAnExhaustedPoolStaysExhausted() {
    tasks.dropped = 10;
    tasks.isEmpty = true;
    tasks.isNotReturned = true;
    interval();
    expects(POOL_EXHAUSTED, 10);
    tasks.whileNotReturned = 10;
    interval();
    expectsNothingElse();
  }

  @Test
  void shouldBlameAFullReadyQueueWhereTheFreeQueueIsNotEmpty() {
    isReadyFullNow = true;
    tasks.dropped = 4;
    interval();
    expects(READY_QUEUE_FULL, 4);
    isReadyFullNow = false;
    tasks.dropped = 6;
    interval();
    expects(READY_QUEUE_FULL, 6);
    tasks.dropped = 9;
    tasks.isEmpty = true;
    interval();
    expects(HOST_LATE, 3);
    expectsNothingElse();
  }

  @Test
  void shouldAcceptThatADrainFoundAQueueFullAndEmptiedIt() {
    readyFull = 1;
    tasks.dropped = 4;
    interval();
    expects(READY_QUEUE_FULL, 4);
  }

  @Test
  void shouldGiveStragglersTheCauseOfThoseBefore() {
    tasks.dropped = 10;
    tasks.whileNotReturned = 9;
    interval();
    expects(POOL_EXHAUSTED, 10);
    tasks.dropped = 11;
    interval();
    expects(POOL_EXHAUSTED, 11);
    interval();
    interval();
    tasks.dropped = 12;
    interval();
    expects(UNKNOWN, 1);
    expectsNothingElse();
  }

  @Test
  void shouldSayWhenItDoesNotKnow() {
    tasks.dropped = 3;
    interval();
    expects(UNKNOWN, 3);
  }

  @Test
  void shouldKeepPoolsApart() {
    tasks.isEmpty = true;
    phases.dropped = 8;
    interval();
    assertEquals(8, attribution.count(SCHED_PHASE, UNKNOWN), "another pool's evidence");
    expects(UNKNOWN, 0);
    expects(HOST_LATE, 0);
  }

  @Test
  void shouldNotBeLedAstrayByADeviceThatLies() {
    tasks.dropped = 5;
    tasks.whileSpareAtHand = 5_000;
    interval();
    expects(HOST_LATE, 5);
    tasks.dropped = 2;
    tasks.whileSpareAtHand = 10;
    interval();
    expects(HOST_LATE, 5);
  }
}
