package dev.sluice.output.capture;

import dev.sluice.bridge.NativeColumns;
import dev.sluice.config.CaptureSettings;
import dev.sluice.config.SettingsException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All captures of a daemon: begins and ends them, gives each a thread, and bounds their size on
 * disk. The store's own thread is the keeper (retention, snapshots around drops). Any thread may
 * call the methods; none blocks a collector.
 */
public final class CaptureStore implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CaptureStore.class);
  private static final DateTimeFormatter NAME_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss.SSS").withZone(ZoneOffset.UTC);

  private static final int NAME_LENGTH = 40;
  private static final long LOCK_NANOS = 2_000_000_000;
  private static final long BUSY_PARK_NANOS = 1_000_000;
  // Between bursts of a run, and without a run: what arrives in the meantime fits into a stage.
  private static final long QUIET_PARK_NANOS = 20_000_000;
  private static final long IDLE_PARK_NANOS = 500_000_000;
  private static final long BUSY_NANOS = 100_000_000;

  private volatile CaptureSettings settings;
  private final CaptureFiles files;
  private final StageMemory memory;
  private final CaptureThreads threads;
  private final LongSupplier clock;
  private final SegmentSupply supply;
  private final CaptureKeeper keeper;
  // Guarded by this.
  private final Map<Capture, Live> live = new LinkedHashMap<>();
  private CaptureTotals past = new CaptureTotals();

  private record Live(Thread thread, List<ByteBuffer> stages) {}

  CaptureStore(
      CaptureSettings settings,
      CaptureFiles files,
      StageMemory memory,
      CaptureThreads threads,
      LongSupplier clock) {
    this.settings = settings;
    this.files = files;
    this.memory = memory;
    this.threads = threads;
    this.clock = clock;
    this.supply = new SegmentSupply(settings, files);
    this.keeper = new CaptureKeeper(settings, files, supply, this::captures, threads, clock);
  }

  /**
   * Starts the store's threads. If the disk hangs, this takes up to {@link #LOCK_NANOS}.
   *
   * @throws SettingsException if another daemon uses the directory
   */
  public static CaptureStore open(
      CaptureSettings settings, StageMemory memory, CaptureThreads threads) {
    CaptureStore store =
        new CaptureStore(settings, new DiskFiles(), memory, threads, System::nanoTime);
    if (settings.enabled()) {
      NativeColumns.missing()
          .ifPresent(
              reason ->
                  log.warn(
                      "native codec unavailable, records are encoded in Java at twice the cost: {}",
                      reason));
      store.keeper.start();
      String refusal = store.keeper.awaitLock(LOCK_NANOS);
      if (!refusal.isEmpty()) {
        store.close();
        throw new SettingsException(refusal);
      }
    }
    return store;
  }

  /**
   * Applies new settings, except those that need a restart: new captures use them, and the bounds
   * apply to all captures at once. Any thread.
   */
  public void apply(CaptureSettings next) {
    settings = next;
    keeper.apply(next);
    keeper.wake();
  }

  /**
   * Begins a capture; its directory is created with the first write.
   *
   * @param manifest what is known at attach, including the name of the producer
   * @param current settings for the device
   * @param shards number of collectors that will write into it
   * @throws IOException if memory or the thread is not available; the message is one line
   */
  public Capture begin(CaptureManifest manifest, CaptureSettings current, int shards)
      throws IOException {
    List<ByteBuffer> stages = new ArrayList<>();
    try {
      for (int shard = 0; shard < shards; shard++) {
        stages.add(memory.take(stageBytes(current, manifest, shards)));
      }
    } catch (IOException e) {
      stages.forEach(memory::give);
      throw e;
    }
    Path directory = current.directory().resolve(name(manifest));
    int largestBytes = CaptureIntake.largestClaimBytes(manifest.geometry());
    List<CaptureStage> begun =
        stages.stream().map(stage -> CaptureStage.begun(stage, largestBytes)).toList();
    Capture capture = new Capture(files, supply, directory, manifest, current, begun, clock);
    start(capture, manifest, stages);
    return capture;
  }

  /**
   * Continues a capture of another process in its directory.
   *
   * @param begun manifest as of attach; the file, if there is one, is more recent
   * @param stages stages of that process, given back at the end like those of {@link #begin}
   * @param tails position up to which each stage is known to be committed
   * @param counts counts of the intakes in the collectors' journals
   * @param isOfRun whether a run is in progress
   * @throws IOException if the stages or the manifest do not fit, with nothing changed, or if the
   *     host refuses a thread; the message is one line
   */
  public Capture resume(
      Path directory,
      CaptureManifest begun,
      CaptureSettings current,
      List<ByteBuffer> stages,
      long[] tails,
      Capture.ShardCounts counts,
      boolean isOfRun)
      throws IOException {
    CaptureManifest manifest = begun;
    if (files.exists(directory.resolve(CaptureFormat.MANIFEST))) {
      manifest = ManifestFile.read(directory).manifest();
    }
    if (!manifest.id().equals(begun.id()) || manifest.outcome().isEnded()) {
      throw new IOException("capture " + directory + " does not match the session, or has ended");
    }
    int largestBytes = CaptureIntake.largestClaimBytes(manifest.geometry());
    List<CaptureStage> resumed = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      resumed.add(CaptureStage.resumed(stages.get(i), largestBytes, tails[i]));
    }
    Capture capture = new Capture(files, supply, directory, manifest, current, resumed, clock);
    capture.resume(manifest, counts, isOfRun);
    start(capture, manifest, stages);
    return capture;
  }

  /** Returns the descriptors of the stages of an open capture. */
  public List<Integer> descriptors(Capture capture) {
    Live found;
    synchronized (this) {
      found = live.get(capture);
    }
    return found == null ? List.of() : found.stages().stream().map(memory::descriptor).toList();
  }

  private void start(Capture capture, CaptureManifest manifest, List<ByteBuffer> stages)
      throws IOException {
    Thread thread =
        new Thread(() -> run(capture, stages), "sluice-capture-" + manifest.origin().session());
    thread.setDaemon(true);
    synchronized (this) {
      live.put(capture, new Live(thread, stages));
    }
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      // How the JVM reports that the host refuses a thread.
      synchronized (this) {
        live.remove(capture);
      }
      stages.forEach(memory::give);
      throw new IOException("cannot start its writer thread: " + e.getMessage(), e);
    }
  }

  /** Returns the size of a stage, at least what its collector may claim at once. */
  private static long stageBytes(CaptureSettings settings, CaptureManifest manifest, int shards) {
    int largestBytes = CaptureIntake.largestClaimBytes(manifest.geometry());
    return CaptureStage.HEADER_BYTES
        + Math.max(settings.stageBytes() / shards, CaptureStage.leastBytes(largestBytes));
  }

  static String name(CaptureManifest manifest) {
    String producer = manifest.origin().producer().replaceAll("[^A-Za-z0-9._-]+", "_");
    producer = producer.substring(0, Math.min(NAME_LENGTH, producer.length()));
    return NAME_TIME.format(manifest.clock().startedAt())
        + "-d"
        + manifest.origin().device()
        + "-s"
        + manifest.origin().session()
        + (producer.isEmpty() ? "" : "-" + producer);
  }

  private void run(Capture capture, List<ByteBuffer> stages) {
    threads.starting(CaptureThreads.Work.WRITE);
    long busyNs = clock.getAsLong();
    while (!capture.isEnded()) {
      int work = capture.doWork();
      if (capture.isEnded()) {
        break;
      }
      if (capture.pollSealed()) {
        keeper.wake();
      }
      long nowNs = clock.getAsLong();
      busyNs = work > 0 ? nowNs : busyNs;
      if (nowNs - busyNs < BUSY_NANOS) {
        // Frames are taken in blocks: one wake-up per frame would cost more than the frame.
        if (work == 0 || !capture.isBehind()) {
          LockSupport.parkNanos(BUSY_PARK_NANOS);
        }
      } else {
        LockSupport.parkNanos(capture.isRunning() ? QUIET_PARK_NANOS : IDLE_PARK_NANOS);
      }
    }
    forget(capture);
    // Here, since only this thread knows that it no longer reads them.
    capture.leaveStages();
    stages.forEach(memory::give);
  }

  /** Wakes the thread of a capture, which sleeps longer when no device runs. */
  public void wake(Capture capture) {
    Live found;
    synchronized (this) {
      found = live.get(capture);
    }
    if (found != null) {
      LockSupport.unpark(found.thread());
    }
  }

  /**
   * Ends a capture: everything collected is written, and the manifest records how it ended. All
   * collectors must have stopped.
   *
   * @param timeoutNanos how long to wait for the disk
   * @return false if the disk did not finish in time; writing continues in the background
   */
  public boolean end(Capture capture, String ending, Instant endedAt, long timeoutNanos) {
    keeper.snapshotIfDue(capture, true);
    capture.end(ending, endedAt);
    wake(capture);
    boolean isComplete = capture.awaitEnd(timeoutNanos);
    if (isComplete) {
      forget(capture);
    } else {
      log.warn("capture {}: disk is slow, still writing in the background", capture.directory());
    }
    return isComplete;
  }

  /** Writes what was collected into sealed segments; false if the disk did not finish in time. */
  public boolean roll(Capture capture, long timeoutNanos) {
    wake(capture);
    return capture.roll(timeoutNanos);
  }

  /**
   * Removes a capture from the open ones once it is no longer written. If this came earlier,
   * retention could remove a segment that the capture's thread still writes.
   */
  private void forget(Capture capture) {
    Live ended;
    synchronized (this) {
      ended = live.remove(capture);
      if (ended == null) {
        return;
      }
      past = past.plus(capture.totalsOfProcess());
    }
    keeper.wake();
  }

  private synchronized List<Capture> captures() {
    return new ArrayList<>(live.keySet());
  }

  /**
   * Keeps the last moments of the running captures, safe from retention.
   *
   * @param reason human-readable; part of the snapshot's name
   * @return directories of the snapshots, one per running capture
   * @throws IOException if a snapshot could not be written; the message is one line
   */
  public List<Path> snapshot(String reason) throws IOException {
    List<Path> taken = new ArrayList<>();
    for (Capture capture : captures()) {
      wake(capture);
      taken.add(keeper.snapshot(capture, reason));
    }
    return taken;
  }

  /** Directory of the captures. */
  public Path directory() {
    return settings.directory();
  }

  /** Returns whether the capture in this directory is being written. */
  public boolean isOpen(Path directory) {
    return captures().stream().anyMatch(capture -> capture.directory().equals(directory));
  }

  /**
   * Returns a capture that is not open as a tar file, generated while it is read. Nothing removes
   * its bytes until the caller closes the stream, which it must do.
   */
  public InputStream download(Path directory) throws IOException {
    return keeper.downloads().open(directory);
  }

  /**
   * Totals of all captures since the start. Losses of an earlier process are left out: that process
   * also had losses in captures that are over, and monitoring reads a counter that continues at a
   * lower value as an increase.
   */
  public CaptureTotals totals() {
    List<Capture> running;
    CaptureTotals sum;
    synchronized (this) {
      running = captures();
      sum = past;
    }
    for (Capture capture : running) {
      sum = sum.plus(capture.totalsOfProcess());
    }
    return sum;
  }

  /** Bytes that captures and snapshots may take before the oldest are removed. Any thread. */
  public long quotaBytes() {
    return settings.enabled() ? settings.quotaBytes() + settings.snapshots().retentionBytes() : 0;
  }

  /** How segments are written: {@code direct} or {@code buffered}; empty before the first one. */
  public String writing() {
    return supply.direct().label();
  }

  /** Why segments are not written with direct I/O; empty if they are. */
  public String refusal() {
    return supply.direct().refusal();
  }

  /** Size of the captures on disk in bytes, as of the keeper's last round. */
  public long retainedBytes() {
    return keeper.retainedBytes();
  }

  /** Files that retention could not list or remove, counted once per round. Never decreases. */
  public long retentionFailures() {
    return keeper.retentionFailures();
  }

  /** Stops the store's threads. All captures must have ended. */
  @Override
  public void close() {
    keeper.close();
  }

  /** Returns whether a daemon is writing captures into a directory. */
  public static boolean isInUse(Path captures) {
    return CaptureLock.isHeld(captures);
  }
}
