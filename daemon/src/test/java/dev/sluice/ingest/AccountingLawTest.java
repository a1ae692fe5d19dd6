package dev.sluice.ingest;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.SCHED_PHASE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.ingest.AccountingLaw.Evidence;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AccountingLawTest {
  private static final int RECORDS = 8;
  private static final int BUFFERS = 5;

  private static Evidence evidence(
      BufferKind kind,
      long produced,
      long dropped,
      long collected,
      long salvaged,
      long gaps,
      long missingBuffers,
      boolean blocks) {
    return new Evidence(
        kind,
        produced,
        dropped,
        collected,
        salvaged,
        gaps,
        0,
        missingBuffers,
        RECORDS,
        BUFFERS,
        blocks,
        false);
  }

  private static Evidence aicpu(long produced, long dropped, long collected, long salvaged) {
    return evidence(AICPU_TASK, produced, dropped, collected, salvaged, 0, 0, false);
  }

  /** Compares the terms that explain the difference; produced is an input. */
  private static void expects(
      AccountingLaw law, long inferred, long died, long inFlight, long unaccounted) {
    assertEquals(inferred, law.inferred(), "inferred");
    assertEquals(died, law.died(), "died");
    assertEquals(inFlight, law.inFlight(), "in flight");
    assertEquals(unaccounted, law.unaccounted(), "unaccounted");
  }

  @Test
  void shouldBalance() {
    expects(AccountingLaw.settled(aicpu(100, 20, 80, 0), false), 0, 0, 0, 0);
    expects(AccountingLaw.settled(aicpu(100, 20, 70, 10), false), 0, 0, 0, 0);
    expects(AccountingLaw.running(aicpu(100, 20, 80, 0)), 0, 0, 0, 0);
  }

  @Test
  void shouldCallItInFlightOnlyWhileItCanBe() {
    expects(AccountingLaw.running(aicpu(40, 0, 0, 0)), 0, 0, 40, 0);
    // Five buffers of eight, and one record that the device has begun.
    expects(AccountingLaw.running(aicpu(41, 0, 0, 0)), 0, 0, 41, 0);
    expects(AccountingLaw.running(aicpu(42, 0, 0, 0)), 0, 0, 41, 1);
    expects(AccountingLaw.settled(aicpu(40, 0, 0, 0), false), 0, 0, 0, 40);
  }

  @Test
  void shouldShowMoreThanWasProducedAsNegative() {
    expects(AccountingLaw.settled(aicpu(100, 0, 108, 0), false), 0, 0, 0, -8);
    expects(AccountingLaw.running(aicpu(100, 0, 108, 0)), 0, 0, 0, -8);
  }

  @Test
  void shouldInferOnlyAicoreLossAndOnlyWhereTheDeviceDrops() {
    for (BufferKind kind : BufferKind.ALL) {
      boolean isAicore = kind == AICORE_TASK;
      AccountingLaw drops =
          AccountingLaw.settled(evidence(kind, 100, 0, 84, 0, 16, 0, false), false);
      expects(drops, isAicore ? 16 : 0, 0, 0, isAicore ? 0 : 16);
      AccountingLaw blocks =
          AccountingLaw.settled(evidence(kind, 100, 0, 84, 0, 16, 0, true), false);
      expects(blocks, 0, 0, 0, 16);
    }
  }

  @Test
  void shouldInferFromGapsWhileRunning() {
    expects(
        AccountingLaw.running(evidence(AICORE_TASK, 100, 0, 64, 0, 16, 0, false)), 16, 0, 20, 0);
  }

  @Test
  void shouldInferWhatNoBufferCanHoldBeforeAGapShows() {
    // 42 fit the pool: 40 in buffers, 2 dispatched but not recorded yet.
    expects(AccountingLaw.running(evidence(AICORE_TASK, 100, 0, 10, 0, 0, 0, false)), 48, 0, 42, 0);
    expects(
        AccountingLaw.running(evidence(AICORE_TASK, 100, 0, 10, 0, 30, 0, false)), 48, 0, 42, 0);
    expects(
        AccountingLaw.running(evidence(AICORE_TASK, 100, 0, 10, 0, 60, 0, false)), 60, 0, 30, 0);
    expects(AccountingLaw.running(evidence(AICORE_TASK, 100, 0, 10, 0, 0, 0, true)), 0, 0, 42, 48);
  }

  @Test
  void shouldNotBlameTheDeviceForABufferThatTheHostLost() {
    AccountingLaw law =
        AccountingLaw.settled(evidence(AICORE_TASK, 100, 0, 84, 0, 16, 1, false), false);
    expects(law, 8, 0, 0, 8);
  }

  @Test
  void shouldExplainWhatADeadProducerHadBegun() {
    expects(AccountingLaw.settled(aicpu(10, 0, 5, 4), true), 0, 1, 0, 0);
    expects(AccountingLaw.settled(aicpu(10, 0, 5, 3), true), 0, 1, 0, 1);
    expects(
        AccountingLaw.settled(evidence(SCHED_PHASE, 10, 0, 8, 0, 0, 0, true), true), 0, 2, 0, 0);
    expects(
        AccountingLaw.settled(evidence(AICORE_TASK, 10, 0, 7, 0, 0, 0, true), true), 0, 2, 0, 1);
    expects(AccountingLaw.settled(aicpu(10, 0, 5, 4), false), 0, 0, 0, 1);
  }

  private static AccountingLaw aborted(
      BufferKind kind, long missing, long unwritten, boolean blocks) {
    return AccountingLaw.settled(
        new Evidence(
            kind, 20 + missing, 0, 16, 4, 0, unwritten, 0, RECORDS, BUFFERS, blocks, false),
        false);
  }

  @Test
  void shouldNotCallATaskUnaccountedThatNoCoreBegan() {
    AccountingLaw law = aborted(AICORE_TASK, 2, 5, true);
    assertEquals(2, law.neverStarted());
    expects(law, 0, 0, 0, 0);
    // A core has at most two dispatched tasks, each with its own empty slot.
    expects(aborted(AICORE_TASK, 3, 5, true), 0, 0, 0, 1);
    expects(aborted(AICORE_TASK, 2, 1, true), 0, 0, 0, 1);
    expects(aborted(AICPU_TASK, 2, 5, true), 0, 0, 0, 2);
    expects(aborted(AICORE_TASK, -2, 5, true), 0, 0, 0, -2);
    expects(aborted(AICORE_TASK, 2, 5, false), 2, 0, 0, 0);
    Evidence running =
        new Evidence(AICORE_TASK, 22, 0, 20, 0, 0, 5, 0, RECORDS, BUFFERS, true, false);
    expects(AccountingLaw.running(running), 0, 0, 2, 0);
    AccountingLaw died = AccountingLaw.settled(running, true);
    expects(died, 0, 2, 0, 0);
  }

  private static Evidence guarded(long produced, long collected, long gaps, long missingBuffers) {
    return new Evidence(
        AICORE_TASK,
        produced,
        0,
        collected,
        0,
        gaps,
        0,
        missingBuffers,
        RECORDS,
        BUFFERS,
        false,
        true);
  }

  private static void expects(AccountingLaw law, long recycled, long inferred, long inFlight) {
    assertEquals(recycled, law.recycled(), "recycled");
    expects(law, inferred, 0, inFlight, 0);
  }

  @Test
  void shouldTakeWhatAGuardRecycledFromWhatIsMissing() {
    // 42 fit the pool; nothing is inferred from the rest before the guard reports.
    expects(AccountingLaw.running(guarded(200, 100, 0, 0)), 0, 0, 42, 58);
    expects(AccountingLaw.running(guarded(200, 100, 0, 0)).recycled(50, true), 50, 8, 42);
    expects(AccountingLaw.running(guarded(200, 100, 0, 0)).recycled(70, true), 70, 0, 30);
    expects(AccountingLaw.running(guarded(200, 100, 20, 2)).recycled(12, true), 12, 46, 42);
    expects(AccountingLaw.settled(guarded(200, 100, 20, 2), false).recycled(12, true), 12, 88, 0);
    // Never-started tasks are only guessed from empty slots, so the guard's report takes
    // precedence.
    AccountingLaw aborted =
        AccountingLaw.settled(
            new Evidence(AICORE_TASK, 30, 0, 20, 0, 0, 5, 0, RECORDS, BUFFERS, true, true), false);
    assertEquals(2, aborted.neverStarted());
    assertEquals(1, aborted.recycled(9, false).neverStarted());
    // At most what is missing, whatever the client reports.
    expects(AccountingLaw.settled(guarded(200, 100, 0, 0), false).recycled(999, true), 100, 0, 0);
    AccountingLaw law = AccountingLaw.settled(aicpu(100, 0, 108, 0), false).recycled(5, false);
    assertEquals(0, law.recycled());
    expects(law, 0, 0, 0, -8);
    expects(AccountingLaw.settled(aicpu(100, 0, 90, 0), false).recycled(-5, false), 0, 0, 0, 10);
  }

  @Test
  void shouldNotCountABufferTwiceThatWasGivenUpAtDeath() {
    AccountingLaw law = AccountingLaw.settled(aicpu(24, 8, 16, 8), true);
    expects(law, 0, 0, 0, 0);
    assertEquals(8, law.dropped());
    assertEquals(0, law.salvaged());
    // More than one buffer cannot come from that window.
    expects(AccountingLaw.settled(aicpu(24, 8, 16, 16), true), 0, 0, 0, -8);
    expects(AccountingLaw.settled(aicpu(24, 8, 16, 8), false), 0, 0, 0, -8);
  }

  @Test
  void shouldAddUpWhateverTheEvidence() {
    Random random = new Random(5);
    AccountingLaw sum = AccountingLaw.ZERO;
    long produced = 0;
    for (int i = 0; i < 20_000; i++) {
      Evidence e =
          evidence(
              BufferKind.ALL.get(random.nextInt(BufferKind.COUNT)),
              random.nextInt(200),
              random.nextInt(60),
              random.nextInt(150),
              random.nextInt(30),
              random.nextInt(50),
              random.nextInt(3),
              random.nextBoolean());
      AccountingLaw law =
          random.nextBoolean()
              ? AccountingLaw.running(e)
              : AccountingLaw.settled(e, random.nextBoolean());
      if (random.nextBoolean()) {
        law = law.recycled(random.nextInt(100) - 10, random.nextBoolean());
      }
      assertEquals(law.produced(), explained(law), e + " " + law);
      sum = sum.plus(law);
      produced += e.produced();
    }
    assertEquals(produced, sum.produced());
    assertEquals(produced, explained(sum));
  }

  private static long explained(AccountingLaw law) {
    return law.collected()
        + law.dropped()
        + law.inferred()
        + law.died()
        + law.salvaged()
        + law.neverStarted()
        + law.recycled()
        + law.inFlight()
        + law.unaccounted();
  }
}
