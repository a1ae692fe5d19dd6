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
 * The capture of one session while it is written. Collectors have the intakes; control threads and
 * the janitor call the other methods, which never wait for a disk, except {@link #end} and {@link
 * #roll}, which say how long. Only the capture's thread, which calls {@link #doWork}, touches
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
  // By intake, in bytes; read and rotated by the thread that asks for the load.
  private final Watermark stageFill;
  private boolean isStalled;
  private int runs;
  private boolean hasSealed;
  private final CaptureFiles files;
  // The capture's thread; null once it is done.
  private volatile Recovering recovering;
  // What another process has lost.
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
   * Continues where another process stopped, before any collector and before {@link #doWork}: whose
   * first work is to find out what of the stages is on disk.
   *
   * @param before what the manifest said last
   * @param journals of the collectors
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

  /** What the collectors' journals say of their sinks. */
  @FunctionalInterface
  public interface ShardCounts {
    long count(int shard, int mark);
  }

  /** Does the first work of a capture that continues; the capture's thread. */
  private interface Recovering {
    void run() throws IOException;
  }

  /** The way in for one collector. */
  public CaptureIntake intake(int shard) {
    return intakes.get(shard);
  }

  public Path directory() {
    return directory;
  }

  /** As {@link #beginRun(int, long)}, of the only run. */
  public void beginRun() {
    beginRun(0, 0);
  }

  /**
   * Notes that a run begins: its sequences and tokens start over.
   *
   * @param place at which the collectors know it; none of them may have a buffer of it
   * @param epoch 0 if its buffers name none
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
            return; // another process wrote it and did not come to note that
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

  /** Notes by the client's clocks when the run began, and what the client said of it. */
  public void began(RunId id, HostTime at) {
    manifest.beganRun(id, at);
  }

  /** Notes by the client's clocks when the run was over, and its epoch. */
  public void ended(long epoch, HostTime at) {
    manifest.endedRun(epoch, at);
  }

  /** Notes that the device has stopped; {@code coreToThread} is what it said of its cores. */
  public void endRun(List<Integer> coreToThread) {
    isRunning = false;
    manifest.cores(coreToThread);
  }

  /** Notes what the device wrote beside its scope statistics in the run that has ended. */
  public void scopes(ScopeCapacities capacities) {
    manifest.scopes(capacities);
  }

  /**
   * Notes records that the device dropped; a snapshot around them follows if one is wanted and none
   * holds them yet.
   *
   * @param instance core or thread of the pool, -1 if it is not known
   * @param queue ready queue of the pool, -1 if it is not known
   */
  public void dropped(BufferKind kind, int instance, int queue, DropCause cause, long records) {
    // Not when the writer comes to it: a busy one does so much later.
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

  /** Notes that the device waited, so often and so long, for an empty buffer of a pool. */
  public void waitedForBuffer(BufferKind kind, int instance, long times, long nanos) {
    stalled(kind.ordinal(), 1, instance, -1, times, nanos);
  }

  /** Notes that a device thread waited, so often and so long, for room in its ready queue. */
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

  /** The device's half of the law as it stands; goes into the manifest. */
  public void books(Map<BufferKind, DeviceBooks> newBooks) {
    manifest.books(newBooks);
  }

  /**
   * Whether the disk answers: a stage that stays full behind a silent disk must not hold a device
   * forever. Called at short intervals by one thread.
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

  /** Whether the stages hold a block or more that the capture's thread has not taken. */
  boolean isBehind() {
    long bytes = 0;
    for (CaptureIntake intake : intakes) {
      bytes += intake.stage().committed() - intake.stage().taken();
    }
    return bytes >= BlockFile.BYTES;
  }

  /** From now on no collector waits for room in the stage: the session has to end. */
  public void stopWaiting() {
    intakes.forEach(intake -> intake.loseWhenFull(LossReason.STAGE_FULL));
  }

  /** One bounded piece of work; the capture's thread. Returns how much was done, 0 if nothing. */
  int doWork() {
    long nowNs = clock.getAsLong();
    // Before the events: what was committed after one that is not seen yet must stay behind it.
    long[] committed = events.committed();
    long[] barrier = events.barrier(committed);
    CaptureEvents.Event event = events.oldest();
    int work = 0;
    // Just before it shrinks a stage is as full as it gets.
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
      // A defect must cost records and not the thread.
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
      // What is in the stages is written again, if need be twice: nothing is lost.
      failures.failed(LossReason.of(e), directory, e, true);
    } finally {
      recovering = null;
    }
  }

  /** Whether a segment was sealed since the last call; the capture's thread. */
  boolean pollSealed() {
    boolean sealed = hasSealed;
    hasSealed = false;
    if (sealed) {
      manifest.stale();
    }
    return sealed;
  }

  /** Whether frames may come at any moment; otherwise the thread may sleep until it is woken. */
  boolean isRunning() {
    return isRunning;
  }

  /**
   * Closes the open segment, so that everything up to now is in whole segments.
   *
   * @return false if the disk did not get there in time
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
   * Begins to close the capture: what is in the stages is written, then the segment is sealed and
   * the manifest gets its last form. No collector may be at work. {@link #awaitEnd} follows.
   */
  void end(String ending, Instant endedAt) {
    isRunning = false;
    events.postBehindCommitted(nowNs -> finish(ending, endedAt, nowNs));
  }

  /** False if the disk did not get there in time. */
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

  /** The memory of the stages is about to be another's: what is asked of them stays as it is. */
  void leaveStages() {
    intakes.forEach(intake -> intake.stage().leave());
  }

  /** Whether the manifest has its last form. */
  boolean isEnded() {
    return ended.isDone();
  }

  /** As it stands now. Any thread. */
  CaptureManifest manifest() {
    return manifest.now();
  }

  /** Notes that retention is about to take a segment away; false if it must stay for now. */
  boolean removing(long[] recordsByKind) {
    return manifest.removing(recordsByKind);
  }

  /** Takes back {@link #removing}: the segment could not be removed. */
  void notRemoved(long[] recordsByKind) {
    manifest.notRemoved(recordsByKind);
  }

  /**
   * Whether the time has come for the snapshot around a drop: true once for all drops of a
   * snapshot's span.
   */
  boolean pollSnapshotDue(long nowNs, boolean isLastCall) {
    long due = snapshotDueNs.get();
    if (due == 0 || (!isLastCall && nowNs < due)) {
      return false;
    }
    // Each holds what came after the one before, however long a storm of drops lasts.
    nextSnapshotNs = nowNs + settings.snapshots().beforeNanos() + settings.snapshots().afterNanos();
    return snapshotDueNs.compareAndSet(due, 0);
  }

  /** What the writer had to do and did. One thread, the janitor, since asking turns a watermark. */
  public CaptureLoad load() {
    double fill = 0;
    for (int i = 0; i < intakes.size(); i++) {
      CaptureStage stage = intakes.get(i).stage();
      // A writer that waits for its disk notes nothing, and that is when the stage fills.
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

  /** What was counted so far, the losses of an earlier process not included. Any thread. */
  CaptureTotals totalsOfProcess() {
    return totals().lostSince(inherited);
  }

  /** What was counted so far. Any thread. */
  public CaptureTotals totals() {
    return CaptureTotals.of(writer, intakes, failures);
  }
}
