package dev.sluice.ingest;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.Generation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases of abi.md, rule C2, for a sink that reads everything and one that only counts. */
class AicoreScanTest {
  private static final long HOLE = -1;

  private static IngestRig rig(boolean reads) {
    IngestRig rig = new IngestRig(Generation.L2_2026_06, 64);
    rig.sink.reads = reads;
    return rig;
  }

  private static void expects(IngestRig rig, long collected, long gaps) {
    rig.collector.doWork();
    assertEquals(collected, rig.collected(AICORE_TASK, 0), "collected");
    assertEquals(gaps, rig.collector.books(0).tokenGaps().get(rig.plan.pool(AICORE_TASK, 0)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldAcceptAFullBuffer(boolean reads) {
    IngestRig rig = rig(reads);
    rig.handAicore(0, 0, 1, 2, 3, 4, 5, 6, 7);
    expects(rig, 8, 0);
    rig.handAicore(1, 8, 9, 10, 11, 12, 13, 14, 15);
    expects(rig, 16, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldFindARecordAtTheIndexThatCountShows(boolean reads) {
    IngestRig rig = rig(reads);
    int buffer = rig.next(AICORE_TASK, 0);
    rig.setTokens(buffer, 0, 1, 2, 3, HOLE, HOLE, HOLE, HOLE);
    rig.setCount(buffer, 3);
    rig.hand(buffer, 0, 0);
    expects(rig, 4, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldStepOverHoles(boolean reads) {
    IngestRig rig = rig(reads);
    rig.handAicore(0, 0, 1, HOLE, 3, HOLE, HOLE, 6, HOLE);
    expects(rig, 4, 3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldFindAnUnwrittenLastSlot(boolean reads) {
    // With two tasks in flight, the last record of a buffer goes to the start of the next one.
    IngestRig rig = rig(reads);
    rig.handAicore(0, 0, 1, 2, 3, 4, 5, 6, HOLE);
    rig.handAicore(1, 7, 8, 9, 10, 11, 12, 13, 14);
    expects(rig, 15, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldIgnoreWhatAnEarlierLifeLeft(boolean reads) {
    IngestRig rig = rig(reads);
    int buffer = rig.handAicore(0, 0, 1, 2, 3, 4, 5, 6, 7);
    expects(rig, 8, 0);
    // The same buffer again with too high a count: three new records over eight old ones.
    rig.setTokens(buffer, 8, 9, 10);
    rig.setCount(buffer, 8);
    rig.hand(buffer, 0, 1);
    expects(rig, 11, 0);
    // Once more, with nothing written at all.
    rig.hand(buffer, 0, 2);
    expects(rig, 11, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldNotBeTakenInByOldRecordsThatFitTheFirstAndLastSlot(boolean reads) {
    IngestRig rig = rig(reads);
    rig.handAicore(0, 0, 1, 2, 3, 4, 5, 6, 7);
    expects(rig, 8, 0);
    // First and last slot are eight tokens apart, as in a full buffer, but the middle is stale.
    rig.handAicore(1, 8, 1, 2, 3, 4, 5, 6, 15);
    expects(rig, 10, 6);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldCountTokensThatNeverCame(boolean reads) {
    IngestRig rig = rig(reads);
    rig.handAicore(0, 0, 1, 2, 3, 4, 5, 6, 7);
    // A failed rotation lost a window of eight.
    rig.handAicore(1, 16, 17, 18, 19, 20, 21, 22, 23);
    expects(rig, 16, 8);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldFollowTokensOverTheirWrap(boolean reads) {
    IngestRig rig = rig(reads);
    long top = 0xFFFF_FFFFL;
    rig.handAicore(0, top - 11, top - 10, top - 9, top - 8, top - 7, top - 6, top - 5, top - 4);
    rig.handAicore(1, top - 3, top - 2, top - 1, top, 0, 1, 2, 3);
    rig.handAicore(2, 4, 5, 6, 8, HOLE, HOLE, HOLE, HOLE);
    expects(rig, 20, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldKeepCoresApart(boolean reads) {
    IngestRig rig = rig(reads);
    rig.handAicore(0, 100, 101, 102, 103, 104, 105, 106, 107);
    int other = rig.next(AICORE_TASK, 1);
    rig.setTokens(other, 0, 1, 2, 3, 4, 5, 6, 7);
    rig.hand(other, 1, 0);
    expects(rig, 8, 0);
    assertEquals(8, rig.collected(AICORE_TASK, 1));
  }
}
