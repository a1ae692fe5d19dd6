package dev.sluice.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.StageMemory;
import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.SessionView.State;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.session.run.RunEngine;
import dev.sluice.session.run.RunTotals;
import dev.sluice.testkit.TestArena;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A fault of one disk, device or client affects only that session. */
@Timeout(60)
class StageTest {
  /** Longer than any test. */
  private static final Patience LONGER =
      new Patience(600_000_000_000L, 600_000_000_000L, 600_000_000_000L);

  private StageRig rig;

  @TempDir private Path folder;

  @AfterEach
  void close() {
    if (rig != null) {
      rig.close();
    }
  }

  private StageRig rig(String... overrides) {
    rig = new StageRig(overrides);
    return rig;
  }

  private StageRig capturing() {
    return capturing(StageRig.PATIENCE);
  }

  /** Returns a rig where device 0 captures with the minimum stage, and devices 1 and 2 do not. */
  private StageRig capturing(Patience patience, String... overrides) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "sluice.capture.enabled=true",
                "sluice.capture.directory=" + folder,
                "sluice.capture.stage-bytes=1MiB",
                "sluice.device.1.capture.enabled=false",
                "sluice.device.2.capture.enabled=false"));
    all.addAll(List.of(overrides));
    rig = new StageRig(patience, null, all.toArray(String[]::new));
    return rig;
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }

  /** Returns a running session whose collectors are out of space. */
  private Session runningBehindABlockedDisk() throws Exception {
    Sessions.Grant grant = rig.attach(0);
    rig.disk.block();
    return stuck(grant);
  }

  private static Session stuck(Sessions.Grant grant) throws Exception {
    Session session = grant.session();
    StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    PlayedDevice device = StageRig.device(grant);
    RunEngine engine = session.view().present().orElseThrow().engine();
    long heldNanos = 0;
    int turns = 0;
    while (turns < 50) {
      long nowNanos = engine.collectors()[0].counters().get(CollectorAgent.HELD_NANOS);
      if (device.publishAll() > 0) {
        turns = 0;
      } else if (nowNanos > heldNanos) {
        turns++; // one more round with the collector out of room and the device out of buffers
      }
      heldNanos = nowNanos;
    }
    return session;
  }

  @Test
  void shouldHoldUpNothingWhileASessionSettlesBehindADiskThatDoesNotAnswer() throws Exception {
    capturing(LONGER, "sluice.capture.stall-limit=600s").ticking();
    // More sessions than permanent threads for slow work.
    List<Sessions.Grant> grants = List.of(rig.attach(0), rig.attach(0), rig.attach(0));
    rig.disk.block();
    List<Session> slow = new ArrayList<>();
    for (Sessions.Grant grant : grants) {
      slow.add(stuck(grant));
    }
    List<CompletionStage<RunTotals>> settled =
        slow.stream().map(session -> session.runEnd(HostTime.now())).toList();
    await(() -> slow.stream().allMatch(session -> session.view().state() == State.SETTLING));
    rig.othersGoOn(1);
    for (Session session : slow) {
      assertEquals("settling", session.view().name());
    }
    assertTrue(rig.sessions.byDevice().get(0).law().collected() > 0, "and is counted");
    rig.disk.unblock();
    for (CompletionStage<RunTotals> of : settled) {
      assertEquals(0, StageRig.join(of).law().unaccounted());
    }
  }

  @Test
  void shouldLookAfterACaptureWhileItsRunSettles() throws Exception {
    capturing(LONGER, "sluice.capture.stall-limit=1s");
    Session slow = runningBehindABlockedDisk();
    // Without a janitor, the settlement itself detects the stalled disk and discards records.
    assertEquals(0, StageRig.join(slow.runEnd(HostTime.now())).law().unaccounted());
    assertTrue(slow.view().capture().orElseThrow().lost(BufferKind.ORCH_PHASE) > 0);
  }

  @Test
  void shouldCountAsLostWhatADiskDoesNotTakeInItsTime() throws Exception {
    capturing().ticking();
    Session slow = runningBehindABlockedDisk();
    assertEquals(0, StageRig.join(slow.runEnd(HostTime.now())).law().unaccounted());
    assertEquals(State.SETTLED, slow.view().state());
    assertTrue(slow.view().capture().orElseThrow().lost(BufferKind.ORCH_PHASE) > 0);
  }

  /** A13: the writer still runs, so no other capture may delete its segments. */
  @Test
  void shouldKeepACaptureOpenUntilItIsWritten() throws Exception {
    capturing().ticking();
    Session slow = runningBehindABlockedDisk();
    Path directory = slow.capture().directory().orElseThrow();
    StageRig.join(slow.end(RunEnd.COMPLETE, "detached"));
    assertEquals(State.ENDED, slow.view().state());
    assertTrue(rig.captures.isOpen(directory));
    rig.disk.unblock();
    await(() -> !rig.captures.isOpen(directory));
  }

  /** The owner returns after the session was abandoned, and ends it a second time. */
  @Test
  void shouldCountASessionOnceThatEndsAfterItWasGivenUp() throws Exception {
    capturing(LONGER);
    Sessions.Grant grant = rig.attach(0);
    Session session = grant.session();
    StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    StageRig.device(grant).publishAll();
    rig.disk.block();
    var unused = session.end(RunEnd.COMPLETE, "detached");
    await(() -> session.view().state() == State.CLOSING);
    long collected = rig.sessions.byDevice().get(0).law().collected();
    assertTrue(collected > 0);
    assertTrue(session.giveUp("it hangs (test)"));
    rig.disk.unblock();
    await(() -> !session.isOwned());
    assertEquals(List.of(session), rig.sessions.ended());
    assertEquals(collected, rig.sessions.byDevice().get(0).law().collected());
  }

  /** A premature RUN_END is refused, and nothing of the run is lost. */
  @Test
  void shouldGoOnWithARunWhoseDeviceIsNotComplete() throws Exception {
    rig().ticking();
    Sessions.Grant grant = rig.attach(0);
    Session session = grant.session();
    StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    keepBusy(StageRig.device(grant));
    for (int i = 0; i < 3; i++) {
      String why = StageRig.refused(Reason.STATE, session.runEnd(HostTime.now()));
      assertTrue(why.contains("the device is still writing"), why);
      assertEquals(State.RUNNING, session.view().state());
    }
    rig.whenAnOwnerLooks(() -> {});
    RunTotals totals = StageRig.join(session.runEnd(HostTime.now()));
    assertEquals(0, totals.law().unaccounted());
    assertEquals(0, totals.law().missing());
    assertEquals(0, totals.law().inFlight());
    assertEquals(totals.law().produced(), totals.law().collected());
  }

  @Test
  void shouldLeaveInFlightWhatADeviceHoldsThatIsDetachedWhileItWrites() throws Exception {
    rig().ticking();
    Sessions.Grant grant = rig.attach(0);
    Session session = grant.session();
    StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    keepBusy(StageRig.device(grant));
    RunTotals totals = StageRig.join(session.end(RunEnd.COMPLETE, "detached"));
    assertEquals(0, totals.law().unaccounted());
    assertEquals(0, totals.law().missing(), "nothing is booked as a drop");
    assertEquals(0, totals.law().salvaged());
    assertEquals("ended (detached)", session.view().name());
  }

  /** Makes the device publish at every poll of its session's owner, so that it never rests. */
  private void keepBusy(PlayedDevice device) {
    synchronized (device) {
      int published = 0;
      while (published < 50) {
        published += device.publishAll();
      }
    }
    rig.whenAnOwnerLooks(
        () -> {
          synchronized (device) {
            device.publishAll();
          }
        });
  }

  @Test
  void shouldStopWithinItsDeadlineWhileASessionClosesItsCapture() throws Exception {
    capturing().ticking();
    Session slow = runningBehindABlockedDisk();
    Session idle = rig.attach(1).session();
    Session busy = rig.running(2);
    CompletionStage<RunTotals> detached = slow.end(RunEnd.COMPLETE, "detached");
    await(() -> slow.view().state() == State.CLOSING);
    long beganNs = System.nanoTime();
    rig.sessions.close();
    assertTrue(System.nanoTime() - beganNs < 2 * StageRig.PATIENCE.stopNanos());
    assertEquals("ended (daemon stopped)", idle.view().name());
    assertEquals("ended (daemon stopped)", busy.view().name());
    assertEquals("ended (detached)", slow.view().name());
    assertEquals(List.of(), rig.sessions.open());
    assertTrue(detached.toCompletableFuture().isDone());
  }

  /**
   * Sessions settle concurrently under one deadline, so that a hung one does not delay the others.
   */
  @Test
  void shouldSettleTheOthersWhenASessionHangsAtTheStop() throws Exception {
    rig = new StageRig(new Patience(LONGER.hungNanos(), LONGER.diskNanos(), 4_000_000_000L), null);
    Session hung = rig.running(8);
    Session well = rig.running(0);
    rig.hang(8);
    rig.sessions.close();
    assertEquals("failed (timed out while the daemon stopped)", hung.view().name());
    assertEquals("ended (daemon stopped)", well.view().name());
  }

  @ParameterizedTest
  @ValueSource(strings = {"shared", "dedicated", "inline"})
  void shouldGiveUpADeviceThatHangsAndNothingElse(String threading) throws Exception {
    rig("sluice.threading=" + threading, "sluice.attach.resume-grace=10ms").ticking();
    Session hung = rig.running(8);
    Session sibling = rig.running(9);
    Session simulated = rig.running(0);
    rig.hang(8);
    await(() -> hung.view().state() == State.FAILED && !rig.sessions.open().contains(hung));
    assertTrue(hung.view().name().contains("hangs"), hung.view().name());
    assertTrue(rig.sessions.watch().down(8).isPresent());
    assertTrue(rig.sessions.abandonedThreads() > 0);
    assertTrue(
        rig.threads.runners().stream().noneMatch(hosted -> hosted.device() == 8),
        "its threads are watched no more");
    assertEquals(0, rig.unmapped.get(), "a thread is still inside");
    String why = StageRig.refused(Reason.DEVICE_DOWN, hung.runEnd(HostTime.now()));
    assertTrue(why.contains("given up"), why);
    StageRig.refused(Reason.DEVICE_DOWN, rig.sessions.attach(StageRig.request(8), rig.self));
    rig.othersGoOn(1);
    // Only the janitor's poll detects that it was not resumed in time.
    Sessions.Grant left = rig.attach(1);
    left.session().connectionLost(left.connection());
    await(() -> left.session().view().state() == State.ENDED);
    assertEquals(State.RUNNING, sibling.view().state());
    StageRig.join(sibling.end(RunEnd.COMPLETE, "detached"));
    assertEquals(1, rig.unmapped.get());
    rig.unhang();
    await(() -> rig.sessions.abandonedThreads() == 0);
    rig.sessions.close();
    assertEquals("ended (daemon stopped)", simulated.view().name());
    assertEquals(1, rig.unmapped.get(), "its memory goes with the process");
  }

  /** The counters stay readable all the while. */
  @Test
  void shouldGiveUpASessionOfWhichOnlyTheLaneHangs() throws Exception {
    rig().ticking();
    Process producer = new ProcessBuilder("sleep", "600").start();
    Peer peer = Peer.of((int) producer.pid(), 0);
    Session session = StageRig.join(rig.sessions.attach(StageRig.request(8), peer)).session();
    StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    rig.hangLanes(8);
    await(() -> session.view().state() == State.FAILED);
    await(() -> rig.sessions.abandonedThreads() == 1);
    producer.destroyForcibly().waitFor();
    assertFalse(session.isLeftMemoryFree(), "a thread is still inside");
    rig.unhang();
    await(session::isLeftMemoryFree);
  }

  @Test
  void shouldGiveUpASessionWhoseOwnerHangsInTheDevice() throws Exception {
    rig().ticking();
    Session session = rig.attach(8).session();
    rig.hang(8);
    CompletionStage<Long> started =
        session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now());
    CompletionStage<RunTotals> detached = session.end(RunEnd.COMPLETE, "detached");
    StageRig.refused(Reason.DEVICE_DOWN, started);
    StageRig.refused(Reason.DEVICE_DOWN, detached);
    assertEquals(State.FAILED, session.view().state());
    await(() -> rig.sessions.abandonedThreads() == 1);
    rig.othersGoOn(1);
    rig.unhang();
    await(() -> rig.sessions.abandonedThreads() == 0);
    assertEquals(State.FAILED, session.view().state(), "whatever its owner did when it came back");
    rig.sessions.close();
    assertEquals(0, rig.unmapped.get(), "its memory goes with the process");
  }

  @ParameterizedTest
  @ValueSource(strings = {"shared", "dedicated", "inline"})
  void shouldUndoAStartForWhichTheHostHasNoThread(String threading) throws Exception {
    rig("sluice.threading=" + threading);
    Session session = rig.attach(0).session();
    rig.lanesLeft.set(threading.equals("dedicated") ? 1 : 0);
    String why =
        StageRig.refused(
            Reason.BUSY, session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    assertTrue(why.contains("cannot create a thread"), why);
    assertEquals(State.ATTACHED, session.view().state());
    rig.sessions.byDevice();
    rig.janitor.doWork();
    rig.lanesLeft.set(Integer.MAX_VALUE);
    StageRig.join(session.start(TestArena.DEVICE_BASE, RunId.UNKNOWN, HostTime.now()));
    StageRig.join(session.end(RunEnd.COMPLETE, "detached"));
    assertEquals(0, rig.threads.runners().stream().filter(h -> !h.runner().isAlive()).count());
    // Polls after the end must not throw.
    assertEquals(State.ENDED, session.view().state());
    rig.sessions.byDevice();
    assertEquals(List.of(), rig.sessions.open());
  }

  @Test
  void shouldLeaveNothingBehindAnAttachThatFails() throws Exception {
    AtomicInteger lent = new AtomicInteger();
    StageRegions regions = new StageRegions();
    rig =
        new StageRig(
            StageRig.PATIENCE,
            new StageMemory() {
              @Override
              public ByteBuffer take(long bytes) throws IOException {
                lent.incrementAndGet();
                throw new OutOfMemoryError("unable to create native thread (test)");
              }

              @Override
              public void give(ByteBuffer memory) {
                regions.give(memory);
              }
            },
            "sluice.capture.enabled=true",
            "sluice.attach.max-sessions=1",
            "sluice.capture.directory=" + folder);
    for (int i = 1; i <= 3; i++) {
      StageRig.refused(Reason.BUSY, rig.sessions.attach(StageRig.request(8), rig.self));
      assertEquals(i, rig.unmapped.get(), "the arena was given back");
    }
    assertEquals(3, lent.get());
  }

  /** In whatever order disconnect and resume arrive, a connected session is not lost. */
  @Test
  void shouldNeverTakeAResumedSessionForLost() throws Exception {
    rig();
    Session session = rig.attach(0).session();
    int connection = 1;
    for (int i = 0; i < 3_000; i++) {
      int old = connection;
      CompletionStage<Integer> resumed;
      if (i % 2 == 0) {
        session.connectionLost(old);
        resumed = session.resume(rig.self);
      } else {
        // The old connection is reported lost after the resume.
        resumed = session.resume(rig.self);
        session.connectionLost(old);
      }
      connection = StageRig.join(resumed);
      StageRig.join(session.runEnd(HostTime.now()).exceptionally(late -> null));
      assertFalse(session.view().isLost(), "round " + i);
    }
    session.connectionLost(connection);
    StageRig.join(session.runEnd(HostTime.now()).exceptionally(late -> null));
    assertTrue(session.view().isLost());
  }

  /**
   * Memory whose accesses throw: the agent is abandoned, and the session ends and frees its slot.
   */
  @Test
  void shouldEndASessionWhoseAgentsAreBroken() throws Exception {
    rig("sluice.attach.max-sessions=1").ticking();
    Session broken = rig.running(8);
    rig.errorOf[8] = new InternalError("a fault in a mapping (test)");
    await(() -> broken.view().state() == State.ENDED);
    assertTrue(broken.view().name().contains("cannot be read"), broken.view().name());
    assertEquals(1, rig.sessions.ended().size());
    rig.othersGoOn(1);
  }

  /** The stop falls between the two checks: at creation and at registration of the session. */
  @Test
  void shouldEndWhatARefusedSessionHasBegun() {
    AtomicInteger lent = new AtomicInteger();
    StageRegions regions = new StageRegions();
    rig =
        new StageRig(
            StageRig.PATIENCE,
            new StageMemory() {
              @Override
              public ByteBuffer take(long bytes) throws IOException {
                CompletableFuture.runAsync(() -> rig.sessions.close()).join();
                lent.incrementAndGet();
                return regions.take(bytes);
              }

              @Override
              public void give(ByteBuffer memory) {
                lent.decrementAndGet();
                regions.give(memory);
              }
            },
            "sluice.capture.enabled=true",
            "sluice.capture.stage-bytes=1MiB",
            "sluice.capture.directory=" + folder);
    assertEquals(
        "the daemon is stopping",
        StageRig.refused(Reason.STOPPING, rig.sessions.attach(StageRig.request(0), rig.self)));
    await(() -> lent.get() == 0); // the capture has ended and returned its memory
    assertEquals(List.of(), rig.sessions.ended());
    regions.close();
  }

  /** The device fails between two janitor cycles, and the session is gone before the second one. */
  @Test
  void shouldHaveTheDeviceOfAFailedSessionDownHoweverTheSessionEnds() throws Exception {
    rig("sluice.placement.devices=1:host", "sluice.cann.probe-interval=10ms");
    Session session = rig.attach(1).session();
    session.memory().giveUp("rtMemcpy returned 507000");
    StageRig.join(session.end(RunEnd.COMPLETE, "detached"));
    assertEquals(List.of(), rig.sessions.open());
    assertEquals("rtMemcpy returned 507000", rig.sessions.watch().down(1).orElseThrow().cause());
    assertEquals(
        "device 1 is down, try again later: rtMemcpy returned 507000",
        StageRig.refused(Reason.DEVICE_DOWN, rig.sessions.attach(StageRig.request(1), rig.self)));
    // Host memory always answers the probe.
    while (rig.sessions.watch().down(1).isPresent()) {
      rig.janitor.doWork();
    }
    rig.attach(1);
  }

  @Test
  void shouldRefuseDeviceNumbersThatNoHostHas() throws Exception {
    rig();
    StageRig.refused(Reason.DEVICE, rig.sessions.attach(StageRig.request(1_000), rig.self));
    StageRig.refused(Reason.DEVICE, rig.sessions.attach(StageRig.request(-1), rig.self));
    assertEquals(0, rig.sessions.byDevice().size());
    rig.close();
    rig("sluice.devices=[1000]", "sluice.placement.devices=8:sim");
    assertEquals(1_000, rig.attach(1_000).session().device());
    rig.regions.close();
  }
}
