package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.RunId;
import dev.sluice.abi.TerminalLayout;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.CaptureFrames;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.SessionView.State;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.session.run.RunTotals;
import dev.sluice.testkit.TestArena;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A runtime that prepares runs in advance starts the next run before it ends the last: the device's
 * counters continue, and each producer's terminal line marks where its run ended.
 */
class OverlappingRunsTest {
  private static final long BASE = TestArena.DEVICE_BASE;

  private StageRig rig;
  private Sessions.Grant grant;
  private Session session;
  private DeviceMemory memory;
  private ArenaPlan plan;
  private PlayedDevice device;

  @TempDir private Path folder;

  @AfterEach
  void close() {
    rig.close();
  }

  private void attach(Generation generation, String... overrides) throws Exception {
    rig = new StageRig(overrides);
    LayoutOverrides small = new LayoutOverrides(0, 64, 5, 6, 7, 8);
    Geometry geometry =
        new Geometry(
            Layout.of(generation, Platform.A2A3, small), StageRig.CORES, StageRig.THREADS, 1, 4);
    grant = StageRig.join(rig.sessions.attach(StageRig.request(0, geometry), rig.self));
    session = grant.session();
    plan = session.memory().plan();
    memory = StageRig.memory(grant);
  }

  private void start(long epoch) throws Exception {
    boolean isFirst = session.view().state() != State.RUNNING;
    StageRig.join(session.start(BASE, RunId.of(epoch), HostTime.now()));
    device = isFirst ? StageRig.device(grant) : device;
    device.beginRun(epoch);
  }

  private String refusedStart(long epoch) {
    return StageRig.refused(Reason.STATE, session.start(BASE, RunId.of(epoch), HostTime.now()));
  }

  private void publish(int buffers) {
    int published = 0;
    while (published < buffers) {
      published += device.publishAll();
    }
  }

  private int word(int pool, int offset) {
    return memory.loadIntAcquire(
        plan.geometry().poolOffset(plan.kindOfPool(pool), plan.instanceOfPool(pool)) + offset);
  }

  private int line(int bank, int pool) {
    return plan.layout()
        .terminalOffset(
            bank, plan.kindOfPool(pool), plan.instanceOfPool(pool), plan.geometry().numCores());
  }

  /** Writes the terminal lines, as each producer does at its last flush. */
  private void close(int bank, long epoch) {
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      int line = line(bank, pool);
      memory.storeInt(
          line + TerminalLayout.TOTAL_OFFSET, word(pool, PoolLayout.TOTAL_RECORD_COUNT_OFFSET));
      memory.storeInt(
          line + TerminalLayout.DROPPED_OFFSET, word(pool, PoolLayout.DROPPED_RECORD_COUNT_OFFSET));
      memory.storeInt(
          line + TerminalLayout.PUBLISHED_RECORDS_OFFSET,
          word(pool, PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET));
      memory.storeLong(line + TerminalLayout.RUN_EPOCH_OFFSET, epoch);
    }
  }

  private long produced() {
    long produced = 0;
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      produced += word(pool, PoolLayout.TOTAL_RECORD_COUNT_OFFSET);
    }
    return produced;
  }

  private static void assertWhole(long produced, RunTotals totals) {
    assertEquals(produced, totals.law().produced());
    assertEquals(produced, totals.law().collected());
    assertEquals(0, totals.law().unaccounted());
    assertEquals(0, totals.law().inFlight());
    for (AbiViolation violation : AbiViolation.ALL) {
      assertEquals(0, totals.violations[violation.ordinal()], violation.label());
    }
  }

  @Test
  void shouldCloseEachRunByItsOwnTerminalLinesWhileTheNextProduces() throws Exception {
    attach(
        Generation.CHIP_2026_09,
        "sluice.capture.enabled=true",
        "sluice.capture.stage-bytes=4MiB",
        "sluice.capture.directory=" + folder);
    rig.ticking();
    start(7);
    publish(60);
    close(0, 7);
    long ofFirst = produced();
    start(8);
    publish(60);
    assertWhole(ofFirst, StageRig.join(session.runEnd(HostTime.now())));
    assertEquals(State.RUNNING, session.view().state(), "the second goes on");
    publish(20);
    close(1, 8);
    long ofSecond = produced() - ofFirst;
    start(9);
    publish(30);
    assertWhole(ofSecond, StageRig.join(session.runEnd(HostTime.now())));
    close(2, 9);
    RunTotals third = StageRig.join(session.runEnd(HostTime.now()));
    assertWhole(produced() - ofFirst - ofSecond, third);
    assertEquals(State.SETTLED, session.view().state());
    assertWhole(produced(), session.view().totals());
    Path directory = session.capture().directory().orElseThrow();
    StageRig.join(session.end(RunEnd.COMPLETE, "detached"));
    try (CaptureReader reader = CaptureReader.open(directory)) {
      assertEquals(List.of(), CaptureVerifier.verify(reader).damages());
    }
    Set<Long> epochs = new TreeSet<>();
    try (CaptureFrames frames = CaptureFrames.open(directory)) {
      for (int i = 0; i < frames.frameCount(BufferKind.AICORE_TASK, 0); i++) {
        epochs.add(frames.runEpoch(frames.run(BufferKind.AICORE_TASK, 0, i)));
      }
    }
    assertEquals(Set.of(7L, 8L, 9L), epochs);
  }

  @Test
  void shouldRefuseTheEndOfARunThatTheDeviceHasNotEnded() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    publish(10);
    long ofFirst = produced();
    close(0, 7);
    memory.storeLong(line(0, 3) + TerminalLayout.RUN_EPOCH_OFFSET, 0); // one is still running
    start(8);
    publish(10);
    String why = StageRig.refused(Reason.STATE, session.runEnd(HostTime.now()));
    assertTrue(why.contains("run 7 has no terminal entries yet"), why);
    assertEquals(State.RUNNING, session.view().state());
    memory.storeLong(line(0, 3) + TerminalLayout.RUN_EPOCH_OFFSET, 7);
    assertWhole(ofFirst, StageRig.join(session.runEnd(HostTime.now())));
  }

  @Test
  void shouldHaveNoMoreRunsOpenThanItCanTellApart() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    assertTrue(refusedStart(7).contains("START of run 7 is not legal"));
    assertTrue(refusedStart(0).contains("START of run without an epoch is not legal"));
    start(8);
    start(9);
    refusedStart(10);
    close(0, 7);
    StageRig.join(session.runEnd(HostTime.now()));
    start(10);
    StageRig.join(session.end(RunEnd.NOT_YET, "detached"));
  }

  @Test
  void shouldHaveOneRunAtATimeWhereBuffersNameNone() throws Exception {
    attach(Generation.CHIP_2026_08);
    start(7);
    refusedStart(8);
  }

  @Test
  void shouldSayWhereATerminalLineContradictsWhatCame() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    publish(20);
    close(0, 7);
    long ofFirst = produced();
    int published = line(0, 0) + TerminalLayout.PUBLISHED_RECORDS_OFFSET;
    memory.storeInt(published, memory.loadInt(published) + 5);
    int total = line(0, 0) + TerminalLayout.TOTAL_OFFSET;
    memory.storeInt(total, memory.loadInt(total) + 5);
    start(8);
    RunTotals first = StageRig.join(session.runEnd(HostTime.now()));
    assertEquals(1, first.violations[AbiViolation.TERMINAL_MISMATCH.ordinal()]);
    assertEquals(5, first.law().unaccounted());
    assertEquals(ofFirst, first.law().collected());
  }

  /**
   * Buffers of a run that arrive after its end are counted and named, but not mixed into another.
   */
  @Test
  void shouldRefuseBuffersOfARunThatHasEnded() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    publish(10);
    close(0, 7);
    start(8);
    StageRig.join(session.runEnd(HostTime.now()));
    long ofSecond = -produced();
    publish(10);
    ofSecond += produced();
    device.beginRun(7);
    long late = -produced();
    publish(10);
    late += produced();
    RunTotals totals = StageRig.join(session.runEnd(HostTime.now()));
    assertEquals(ofSecond, totals.law().collected());
    assertEquals(late, totals.law().unaccounted());
    assertTrue(totals.violations[AbiViolation.WRONG_RUN.ordinal()] > 0);
    assertEquals(0, totals.violations[AbiViolation.SEQUENCE.ordinal()]);
  }

  /** The epoch of START is authoritative, not the first one that the device shows. */
  @Test
  void shouldRefuseBuffersOfARunThatWasNotStarted() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    device.beginRun(9);
    publish(10);
    RunTotals totals = StageRig.join(session.end(RunEnd.COMPLETE, "detached"));
    assertEquals(0, totals.law().collected());
    assertEquals(produced(), totals.law().unaccounted());
    assertTrue(totals.violations[AbiViolation.WRONG_RUN.ordinal()] > 0);
  }

  /** The device takes a buffer, writes records into it and does not publish it. */
  private void retain(BufferKind kind, long epoch, int records, int dropped) {
    int at = plan.geometry().poolOffset(kind, 0);
    int head = memory.loadInt(at + plan.layout().pool().headOffset());
    long pointer = memory.loadLong(at + plan.layout().pool().slotOffset(head));
    memory.storeInt(at + plan.layout().pool().headOffset(), head + 1);
    int buffer = (int) (pointer - BASE);
    BufferLayout layout = plan.layout().buffer(kind);
    for (int slot = 0; slot < records; slot++) {
      int record = buffer + slot * kind.recordBytes();
      memory.storeLong(record, 1);
      memory.storeInt(record + AicoreTaskRecord.REG_TASK_ID_OFFSET, 1_000 + slot);
    }
    memory.storeInt(buffer + layout.countOffset(), records);
    if (layout.runEpochOffset() >= 0) {
      memory.storeLong(buffer + layout.runEpochOffset(), epoch);
    }
    memory.storeLong(at + PoolLayout.CURRENT_BUF_PTR_OFFSET, pointer);
    memory.storeInt(at + PoolLayout.CURRENT_BUF_SEQ_OFFSET, 500);
    add(at + PoolLayout.TOTAL_RECORD_COUNT_OFFSET, records);
    add(at + PoolLayout.DROPPED_RECORD_COUNT_OFFSET, dropped);
  }

  private void add(int at, int more) {
    memory.storeInt(at, memory.loadInt(at) + more);
  }

  /** What a device retains at the end of its run belongs to that run only. */
  @Test
  void shouldSalvageWhatARunRetainedBeforeTheNextBegins() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    publish(10);
    retain(BufferKind.AICPU_TASK, 7, 3, 0);
    RunTotals first = StageRig.join(session.runEnd(HostTime.now()));
    assertEquals(3, first.law().salvaged());
    assertEquals(0, first.law().unaccounted());
    start(8);
    publish(30);
    assertWhole(produced(), StageRig.join(session.runEnd(HostTime.now())));
  }

  /** When a flush fails, the device has already counted the records as dropped. */
  @Test
  void shouldNotSalvageAnAicoreBufferWhoseFlushFailed() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    publish(10);
    retain(BufferKind.AICORE_TASK, 7, 4, 4);
    RunTotals totals = StageRig.join(session.runEnd(HostTime.now()));
    assertEquals(4, totals.law().dropped());
    assertEquals(0, totals.law().salvaged());
    assertEquals(0, totals.law().unaccounted());
    assertEquals(produced() - 4, totals.law().collected());
  }

  /** The device flushes after a fatal error: the mark counts tasks that no core started. */
  private void abort(BufferKind kind, int core, int written, int dispatched) {
    int at = plan.geometry().poolOffset(kind, core);
    BufferLayout layout = plan.layout().buffer(kind);
    int head = memory.loadInt(at + plan.layout().pool().headOffset());
    int buffer = (int) (memory.loadLong(at + plan.layout().pool().slotOffset(head)) - BASE);
    retain(kind, 7, written, 0);
    memory.storeInt(buffer + layout.countOffset(), dispatched);
    add(at + PoolLayout.TOTAL_RECORD_COUNT_OFFSET, dispatched - written);
  }

  @Test
  void shouldAccountForTasksThatAnAbortedRunNeverStarted() throws Exception {
    for (Generation generation : List.of(Generation.CHIP_2026_08, Generation.CHIP_2026_09)) {
      attach(generation);
      start(7);
      publish(10);
      abort(BufferKind.AICORE_TASK, 0, 3, 5);
      RunTotals totals = StageRig.join(session.runEnd(HostTime.now()));
      assertEquals(3, totals.law().salvaged(), generation.id());
      assertEquals(2, totals.law().neverStarted());
      assertEquals(0, totals.law().unaccounted());
      assertEquals(0, totals.law().missing(), "nothing was lost");
      assertEquals(produced() - 5, totals.law().collected());
      for (AbiViolation violation : AbiViolation.ALL) {
        assertEquals(0, totals.violations[violation.ordinal()], violation.label());
      }
      StageRig.join(session.end(RunEnd.NOT_YET, "detached"));
    }
  }

  /** A device with more threads than declared must not wait forever. */
  @Test
  void shouldServeThreadsThatWereNotDeclared() throws Exception {
    for (Generation generation : List.of(Generation.CHIP_2026_08, Generation.CHIP_2026_09)) {
      attach(generation);
      start(7);
      int queues = plan.layout().queueCount();
      assertTrue(queues > StageRig.THREADS);
      for (int thread = 0; thread < queues; thread++) {
        int at = plan.geometry().poolOffset(BufferKind.SCHED_PHASE, thread);
        assertTrue(memory.loadIntAcquire(at + plan.layout().pool().tailOffset()) > 0);
      }
      publish(10);
      assertWhole(produced(), StageRig.join(session.runEnd(HostTime.now())));
      StageRig.join(session.end(RunEnd.NOT_YET, "detached"));
    }
  }

  @Test
  void shouldEndAllRunsWithTheSession() throws Exception {
    attach(Generation.CHIP_2026_09);
    start(7);
    publish(10);
    close(0, 7);
    start(8);
    publish(10);
    close(1, 8);
    assertWhole(produced(), StageRig.join(session.end(RunEnd.COMPLETE, "detached")));
  }
}
