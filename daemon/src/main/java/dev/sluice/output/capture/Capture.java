package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.RunId;
import dev.sluice.abi.ScopeCapacities;
import dev.sluice.config.CaptureSettings;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.Watermark;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The capture of one session while it is being written. Collectors use the intakes; control threads
 * and the janitor call the other methods. None waits for a disk except {@link #awaitEnd} and {@link
 * #roll}, which take a timeout. Only the capture's thread, which calls {@link #doWork}, touches
 * files.
 */
public final class Capture {
  private final Path directory;
  private final CaptureSettings settings;
  private final List<CaptureIntake> intakes;
  private final CaptureFailures failures = new CaptureFailures();
  private final CaptureWriter writer;
  private final LongSupplier clock;
  private final CaptureEvents events;
  private final LiveManifest manifest;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final AtomicLong snapshotDueNs = new AtomicLong();
  private volatile long nextSnapshotNs = Long.MIN_VALUE;

  private volatile boolean isRunning;
  private volatile long progressNs;
  private final CounterArray writing = new CounterArray(1);
  // By intake, in bytes; read and rotated by the thread that calls load().
  private final Watermark stageFill;
  private boolean isStalled;
  private int runs;
  private boolean hasSealed;
  private final CaptureFiles files;
  // Run by the capture's thread; null if there is nothing to recover.
  private volatile Recovering recovering;
  // Losses of the previous process.
  private volatile CaptureTotals inherited = new CaptureTotals();

  Capture(
      CaptureFiles files,
      SegmentSupply supply,
      Path directory,
      CaptureManifest manifest,
      CaptureSettings settings,
      List<CaptureStage> stages,
      LongSupplier clock) {
    this.files = files;
    this.directory = directory;
    this.settings = settings;
    this.clock = clock;
    boolean waits = settings.overload() == CaptureSettings.Overload.WAIT;
    this.intakes =
        stages.stream().map(stage -> new CaptureIntake(stage, manifest.geometry(), waits)).toList();
    this.writer =
        new CaptureWriter(
            files,
            supply,
            directory,
            manifest.id(),
            settings,
            intakes,
            new PendingGaps(manifest.geometry()),
            failures);
    this.stageFill = Watermark.highest(intakes.size());
    this.progressNs = clock.getAsLong();
    this.events = new CaptureEvents(intakes);
    this.manifest =
        new LiveManifest(
            manifest,
            files,
            directory,
            settings.isForced(),
            writer,
            this::totals,
            supply.direct()::label,
            failures,
            progressNs);
  }

  /**
   * Continues where another process stopped. Called before any collector starts and before {@link
   * #doWork}, which first determines how much of the stages is on disk.
   *
   * @param before the last manifest of that process
   * @param journals counts from the collectors' journals
   */
  void resume(CaptureManifest before, ShardCounts journals, boolean isOfRun) {
    CaptureStage first = intakes.get(0).stage();
    runs = first.run();
    for (int shard = 0; shard < intakes.size(); shard++) {
      CaptureIntake intake = intakes.get(shard);
      for (int mark = 0; mark < CaptureIntake.MARKS; mark++) {
        intake.resume(mark, journals.count(shard, mark));
      }
      for (int place = 0; place < CaptureIntake.MAX_RUNS; place++) {
        intake.beginRun(place, intake.stage().runOfPlace(place));
      }
    }
    CaptureRecovery recovery =
        new CaptureRecovery(
            files,
            directory,
            before,
            intakes,
            settings.isForced(),
            () -> progressNs = clock.getAsLong());
    inherited = totals();
    recovering =
        () -> {
          writer.resume(recovery, before);
          inherited = inherited.plus(CaptureTotals.of(writer, List.of(), failures));
        };
    if (first.notedRun() < first.run()) {
      long[] barrier = intakes.stream().mapToLong(intake -> intake.stage().runAt()).toArray();
      postRun(barrier, first.run(), first.runEpoch());
    }
    isRunning = isOfRun;
    manifest.stale();
  }

  /** Counts that the collectors' journals hold for their sinks. */
  @FunctionalInterface
  public interface ShardCounts {
    long count(int shard, int mark);
  }

  /** Recovers a resumed capture, on the capture's thread. */
  private interface Recovering {
    void run() throws IOException;
  }

  /** Returns the intake of one collector. */
  public CaptureIntake intake(int shard) {
    return intakes.get(shard);
  }

  public Path directory() {
    return directory;
  }

  /** Begins the only run, as {@link #beginRun(int, long)} does. */
  public void beginRun() {
    beginRun(0, 0);
  }

  /**
   * Records that a run begins: its sequences and tokens start over.
   *
   * @param place slot by which the collectors know the run; none may hold a buffer of it yet
   * @param epoch epoch in the run's buffers; 0 if they carry none
   */
  public void beginRun(int place, long epoch) {
    int run = ++runs;
    intakes.forEach(intake -> intake.beginRun(place, run));
    intakes.forEach(intake -> intake.stage().beginRun(place, run, epoch));
    isRunning = true;
    intakes.forEach(CaptureIntake::waitAgain);
    postRun(events.committed(), run, epoch);
  }

  private void postRun(long[] barrier, int run, long epoch) {
    events.postBehind(
        barrier,
        nowNs -> {
          if (intakes.get(0).stage().notedRun() >= run) {
            return; // written by the previous process and found by recovery
          }
          writer.put(
              FrameType.RUN,
              FrameHeader.NO_KIND,
              0,
              FrameHeader.NO_INSTANCE,
              -1,
              run,
              epoch,
              nowNs,
              nowNs);
          intakes.get(0).stage().noteRun(run);
        });
  }

  /** Records when the run began, by the client's clocks, and how the client named it. */
  public void began(RunId id, HostTime at) {
    manifest.beganRun(id, at);
  }

  /** Records when the run ended, by the client's clocks, and its epoch. */
  public void ended(long epoch, HostTime at) {
    manifest.endedRun(epoch, at);
  }

  /** Records that the device has stopped; {@code coreToThread} is what it reported of its cores. */
  public void endRun(List<Integer> coreToThread) {
    isRunning = false;
    manifest.cores(coreToThread);
  }

  /** Records the capacities that the device wrote with its scope statistics in the last run. */
  public void scopes(ScopeCapacities capacities) {
    manifest.scopes(capacities);
  }

  /**
   * Records a drop by the device. If configured, schedules a snapshot around it, unless one is
   * already due.
   *
   * @param instance core or thread of the pool, -1 if unknown
   * @param queue ready queue of the pool, -1 if unknown
   */
  public void dropped(BufferKind kind, int instance, int queue, DropCause cause, long records) {
    // Taken here: a busy writer handles the event much later.
    long atNs = clock.getAsLong();
    events.post(
        nowNs ->
            writer.put(
                FrameType.GAP,
                kind.ordinal(),
                cause.ordinal(),
                instance,
                queue,
                0,
                records,
                atNs,
                nowNs));
    if (settings.recorder().enabled() && settings.snapshots().onDrop()) {
      long dueNs = atNs + settings.snapshots().afterNanos();
      snapshotDueNs.compareAndSet(0, Math.max(1, Math.max(dueNs, nextSnapshotNs)));
    }
  }

  /** Records how often and how long the device waited for an empty buffer of a pool. */
  public void waitedForBuffer(BufferKind kind, int instance, long times, long nanos) {
    stalled(kind.ordinal(), 1, instance, -1, times, nanos);
  }

  /** Records how often and how long a device thread waited for room in its ready queue. */
  public void waitedForQueue(int queue, long times, long nanos) {
    stalled(FrameHeader.NO_KIND, 0, queue, queue, times, nanos);
  }

  private void stalled(int kind, int gate, int instance, int queue, long times, long nanos) {
    int count = (int) Math.min(times, Integer.MAX_VALUE);
    long atNs = clock.getAsLong();
    events.post(
        nowNs ->
            writer.put(FrameType.STALL, kind, gate, instance, queue, count, nanos, atNs, nowNs));
  }

  /** Updates the device's half of the accounting law in the manifest. */
  public void books(Map<BufferKind, DeviceBooks> newBooks) {
    manifest.books(newBooks);
  }

  /**
   * Detects a disk that does not answer: a stage that stays full because of it must not block a
   * device forever. Called at short intervals by one thread.
   */
  public void watch(long nowNs) {
    boolean isBehind = intakes.stream().anyMatch(intake -> intake.stage().used() > 0);
    boolean isSilent = isBehind && nowNs - progressNs > settings.stallLimitNanos();
    if (isSilent && !isStalled) {
      failures.failed(
          LossReason.DISK_STALLED, directory, new IOException("the disk does not answer"), true);
      intakes.forEach(intake -> intake.loseWhenFull(LossReason.DISK_STALLED));
    } else if (!isSilent && isStalled) {
      failures.recovered(LossReason.DISK_STALLED);
      intakes.forEach(CaptureIntake::waitAgain);
    }
    isStalled = isSilent;
  }

  /** Returns whether the stages hold a block or more that the capture's thread has not taken. */
  boolean isBehind() {
    long bytes = 0;
    for (CaptureIntake intake : intakes) {
      bytes += intake.stage().committed() - intake.stage().taken();
    }
    return bytes >= BlockFile.BYTES;
  }

  /** Stops collectors from waiting for room in the stage, because the session must end. */
  public void stopWaiting() {
    intakes.forEach(intake -> intake.loseWhenFull(LossReason.STAGE_FULL));
  }

  /** Does a bounded piece of work on the capture's thread. Returns the amount, 0 if none. */
  int doWork() {
    long nowNs = clock.getAsLong();
    // Read before the events: frames committed after an unseen event must not overtake it.
    long[] committed = events.committed();
    long[] barrier = events.barrier(committed);
    CaptureEvents.Event event = events.oldest();
    int work = 0;
    // A stage is fullest just before the writer drains it.
    for (int i = 0; i < intakes.size(); i++) {
      stageFill.record(i, intakes.get(i).stage().used());
    }
    try {
      if (recovering != null) {
        recover();
        return 1;
      }
      work = writer.write(nowNs, barrier);
      if (work > 0) {
        writing.add(0, clock.getAsLong() - nowNs);
      }
      if (events.doIfReached(event, nowNs)) {
        work++;
      }
      writer.tend(nowNs);
    } catch (RuntimeException e) {
      // A bug must cost records, not the thread.
      writer.lose(LossReason.WRITER_FAILED, e, nowNs);
    }
    hasSealed |= writer.pollSealed();
    if (!isEnded()) {
      manifest.writeIfDue(nowNs);
    }
    progressNs = clock.getAsLong();
    return work;
  }

  private void recover() {
    try {
      recovering.run();
    } catch (IOException e) {
      // Frames still in the stages are written, possibly for the second time: none is lost.
      failures.failed(LossReason.of(e), directory, e, true);
    } finally {
      recovering = null;
    }
  }

  /** Returns whether a segment was sealed since the last call. The capture's thread only. */
  boolean pollSealed() {
    boolean sealed = hasSealed;
    hasSealed = false;
    if (sealed) {
      manifest.stale();
    }
    return sealed;
  }

  /** Returns whether frames may arrive at any moment; if not, the thread may sleep until woken. */
  boolean isRunning() {
    return isRunning;
  }

  /**
   * Closes the open segment, so that everything committed so far is in sealed segments.
   *
   * @return false if the disk did not finish in time
   */
  boolean roll(long timeoutNanos) {
    CompletableFuture<Void> rolled = new CompletableFuture<>();
    events.postBehindCommitted(
        nowNs -> {
          writer.seal(nowNs);
          rolled.complete(null);
        });
    return await(rolled, timeoutNanos);
  }

  /**
   * Starts closing the capture: the stages are written out, the segment is sealed and the manifest
   * gets its final form. All collectors must have stopped. Followed by {@link #awaitEnd}.
   */
  void end(String ending, Instant endedAt) {
    isRunning = false;
    events.postBehindCommitted(nowNs -> finish(ending, endedAt, nowNs));
  }

  /** Returns false if the disk did not finish in time. */
  boolean awaitEnd(long timeoutNanos) {
    return await(ended, timeoutNanos);
  }

  private static boolean await(CompletableFuture<Void> future, long timeoutNanos) {
    try {
      future.get(timeoutNanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private void finish(String ending, Instant endedAt, long nowNs) {
    intakes.forEach(intake -> writer.putGaps(intake.gaps(), nowNs));
    writer.finish(nowNs);
    hasSealed |= writer.pollSealed();
    manifest.finish(ending, endedAt);
    ended.complete(null);
  }

  /** Detaches from the stage memory, which is about to be reused; positions stay readable. */
  void leaveStages() {
    intakes.forEach(intake -> intake.stage().leave());
  }

  /** Returns whether the manifest has its final form. */
  boolean isEnded() {
    return ended.isDone();
  }

  /** Returns the manifest as of now. Any thread. */
  CaptureManifest manifest() {
    return manifest.now();
  }

  /** Records that retention is about to remove a segment; false if the segment must stay. */
  boolean removing(long[] recordsByKind) {
    return manifest.removing(recordsByKind);
  }

  /** Reverts {@link #removing}: the segment could not be removed. */
  void notRemoved(long[] recordsByKind) {
    manifest.notRemoved(recordsByKind);
  }

  /**
   * Returns whether the snapshot around a drop is due: true once for all drops within the span of
   * one snapshot.
   */
  boolean pollSnapshotDue(long nowNs, boolean isLastCall) {
    long due = snapshotDueNs.get();
    if (due == 0 || (!isLastCall && nowNs < due)) {
      return false;
    }
    // Successive snapshots do not overlap, however long a storm of drops lasts.
    nextSnapshotNs = nowNs + settings.snapshots().beforeNanos() + settings.snapshots().afterNanos();
    return snapshotDueNs.compareAndSet(due, 0);
  }

  /** Returns the writer's load. One thread, the janitor, since each call rotates a watermark. */
  public CaptureLoad load() {
    double fill = 0;
    for (int i = 0; i < intakes.size(); i++) {
      CaptureStage stage = intakes.get(i).stage();
      // A writer blocked on its disk records no fill level, and that is when the stage fills.
      long used = Math.max(stageFill.get(i, 0), stage.used());
      fill = Math.max(fill, (double) used / stage.capacity());
    }
    stageFill.rotate();
    CaptureTotals totals = totals();
    long recordBytes = 0;
    long lost = 0;
    for (BufferKind kind : BufferKind.ALL) {
      recordBytes += totals.captured(kind) * kind.recordBytes();
      lost += totals.lost(kind);
    }
    return new CaptureLoad(recordBytes, writing.get(0), fill, lost);
  }

  /** Returns the counts so far, without the losses of an earlier process. Any thread. */
  CaptureTotals totalsOfProcess() {
    return totals().lostSince(inherited);
  }

  /** Returns the counts so far. Any thread. */
  public CaptureTotals totals() {
    return CaptureTotals.of(writer, intakes, failures);
  }
}
