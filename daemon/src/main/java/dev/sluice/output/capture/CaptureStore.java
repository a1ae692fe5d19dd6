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
 * All captures of a daemon: begins and ends them, gives each a thread, and keeps what they take on
 * disk within bounds. Its own thread is the keeper (retention, snapshots around drops). Methods may
 * be called from any thread; none holds up a collector.
 */
public final class CaptureStore implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CaptureStore.class);
  private static final DateTimeFormatter NAME_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss.SSS").withZone(ZoneOffset.UTC);

  private static final int NAME_LENGTH = 40;
  private static final long LOCK_NANOS = 2_000_000_000;
  private static final long BUSY_PARK_NANOS = 1_000_000;
  // Between two bursts of a run, and without a run: what fills a stage meanwhile fits into it.
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
   * Starts the store's own threads. A disk that hangs holds a start for {@link #LOCK_NANOS}.
   *
   * @throws SettingsException another daemon uses the directory
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
   * Takes other settings, those that need a restart excepted: new captures have them, and the
   * bounds of all captures are those from now on. Any thread.
   */
  public void apply(CaptureSettings next) {
    settings = next;
    keeper.apply(next);
    keeper.wake();
  }

  /**
   * Begins a capture; its directory appears with its first write.
   *
   * @param manifest with the name of the producer, and what else is known at attach
   * @param current of the device
   * @param shards collectors that will write into it
   * @throws IOException one line, if there is no memory for the stages
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
   * Continues a capture of another process, in its directory.
   *
   * @param begun the manifest as it was at attach; the file, if there is one, says more
   * @param stages of that process, which are given back at the end as those of {@link #begin}
   * @param tails where each stage ends for certain
   * @param counts what the collectors' journals say of their intakes
   * @param isOfRun whether a run is under way
   * @throws IOException one line, if the stages are impossible; then nothing has changed
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
      throw new IOException("capture " + directory + " is another one, or has ended");
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

  /** The descriptors of the stages of a capture that is open. */
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
      // What the JVM says of a thread that the host does not give.
      synchronized (this) {
        live.remove(capture);
      }
      stages.forEach(memory::give);
      throw new IOException("no thread to write it: " + e.getMessage(), e);
    }
  }

  /** A stage takes what its collector may claim at once, regardless of the configuration. */
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
        // Frames are taken by the block: one wake-up for each would cost more than they do.
        if (work == 0 || !capture.isBehind()) {
          LockSupport.parkNanos(BUSY_PARK_NANOS);
        }
      } else {
        LockSupport.parkNanos(capture.isRunning() ? QUIET_PARK_NANOS : IDLE_PARK_NANOS);
      }
    }
    forget(capture);
    // Here, since no other thread knows when this one looked at them last.
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
   * Ends a capture: everything that was collected is written, and the manifest says how it went. No
   * collector may be at work.
   *
   * @param timeoutNanos how long to wait for the disk
   * @return false if the disk did not get there in time; it continues by itself
   */
  public boolean end(Capture capture, String ending, Instant endedAt, long timeoutNanos) {
    keeper.snapshotIfDue(capture, true);
    capture.end(ending, endedAt);
    wake(capture);
    boolean isComplete = capture.awaitEnd(timeoutNanos);
    if (isComplete) {
      forget(capture);
    } else {
      log.warn("capture {}: the disk is behind; still writing the rest", capture.directory());
    }
    return isComplete;
  }

  /** Brings what was collected into whole segments; false if the disk did not get there in time. */
  public boolean roll(Capture capture, long timeoutNanos) {
    wake(capture);
    return capture.roll(timeoutNanos);
  }

  /**
   * Nothing is written to a capture any more: it is not open from here on. Not before, or retention
   * could take a segment that its thread still writes to.
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
   * @param reason for people; part of the snapshot's name
   * @return the snapshots' directories, one per running capture
   * @throws IOException one line, if a snapshot could not be written
   */
  public List<Path> snapshot(String reason) throws IOException {
    List<Path> taken = new ArrayList<>();
    for (Capture capture : captures()) {
      wake(capture);
      taken.add(keeper.snapshot(capture, reason));
    }
    return taken;
  }

  /** Where the captures are. */
  public Path directory() {
    return settings.directory();
  }

  /** Whether the capture in this directory is being written. */
  public boolean isOpen(Path directory) {
    return captures().stream().anyMatch(capture -> capture.directory().equals(directory));
  }

  /**
   * A capture that is not open as a tar file, made while it is read. Nothing takes a byte of it
   * away until the stream is closed, which the caller must do.
   */
  public InputStream download(Path directory) throws IOException {
    return keeper.downloads().open(directory);
  }

  /**
   * Over all captures since the start. What an earlier process lost is not among it: it lost more
   * in captures that are over, and a counter that goes on with less is taken for a rise.
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

  /** What captures and snapshots may take together before the oldest go, in bytes. Any thread. */
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

  /** Bytes that captures take on disk, as of the keeper's last round. */
  public long retainedBytes() {
    return keeper.retainedBytes();
  }

  /** Files that retention could not list or remove, once in each round. Never decreases. */
  public long retentionFailures() {
    return keeper.retentionFailures();
  }

  /** Stops the store's threads. The captures must have been ended. */
  @Override
  public void close() {
    keeper.close();
  }

  /** Whether a daemon writes captures into a directory now. */
  public static boolean isInUse(Path captures) {
    return CaptureLock.isHeld(captures);
  }
}
