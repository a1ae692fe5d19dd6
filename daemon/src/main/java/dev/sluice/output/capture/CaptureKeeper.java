package dev.sluice.output.capture;

import dev.sluice.config.CaptureSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enforces the bounds of the capture directory and takes the snapshots around drops. One
 * low-priority thread.
 */
final class CaptureKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CaptureKeeper.class);
  private static final long ROUND_NANOS = 1_000_000_000;
  // Without changes on disk, only age and files of other processes matter.
  private static final long IDLE_ROUND_NANOS = 30_000_000_000L;

  private volatile CaptureSettings settings;
  private final CaptureFiles files;
  private final Supplier<List<Capture>> live;
  private final CaptureThreads threads;
  private final LongSupplier clock;
  private final SegmentSupply supply;
  private final CaptureRetention retention;
  private final CaptureSnapshots snapshots;
  private final CaptureDownloads downloads;
  private final Thread keeping = new Thread(this::keep, "sluice-capture-keeper");
  private volatile boolean isChanged = true;
  private volatile boolean isClosed;
  // Keeping thread only: time of the last check of the disk.
  private long lookedNs;
  // Keeping thread only: false from its start until it holds the lock, since the files may belong
  // to another daemon.
  private boolean mayRemove = true;
  private CaptureLock lock;
  private final CompletableFuture<String> locked = new CompletableFuture<>();
  // Guarded by this: the last failure of each operation.
  private final Map<String, String> troubles = new HashMap<>();

  CaptureKeeper(
      CaptureSettings settings,
      CaptureFiles files,
      SegmentSupply supply,
      Supplier<List<Capture>> live,
      CaptureThreads threads,
      LongSupplier clock) {
    this.settings = settings;
    this.files = files;
    this.live = live;
    this.threads = threads;
    this.clock = clock;
    this.supply = supply;
    this.retention = new CaptureRetention(settings, files, supply, clock.getAsLong());
    this.snapshots = new CaptureSnapshots(settings, files, retention, clock);
    this.lookedNs = clock.getAsLong();
    this.downloads =
        new CaptureDownloads(files, retention, settings.directory().resolve(".downloads"));
    keeping.setDaemon(true);
    keeping.setPriority(Thread.MIN_PRIORITY);
  }

  void start() {
    keeping.start();
  }

  /** Takes effect in the next round. Any thread. */
  void apply(CaptureSettings next) {
    settings = next;
    supply.apply(next);
    retention.apply(next);
    snapshots.apply(next);
  }

  /** Signals a change on disk, so that the next round checks it. Any thread. */
  void wake() {
    isChanged = true;
    LockSupport.unpark(keeping);
  }

  private void keep() {
    threads.starting(CaptureThreads.Work.KEEP);
    mayRemove = false;
    while (!isClosed) {
      if (!mayRemove) {
        attempt("locking the directory", this::takeLock);
        if (mayRemove) {
          // Left by a daemon that was killed.
          attempt("tidying up", this::deleteSpares);
          attempt("tidying up downloads", downloads::tidy);
        }
      }
      doRound();
      LockSupport.parkNanos(ROUND_NANOS);
    }
  }

  private void takeLock() throws IOException {
    try {
      lock = CaptureLock.take(settings.directory());
      mayRemove = true;
      if (!lock.refusal().isEmpty()) {
        log.warn(
            "cannot lock the capture directory, do not start a second daemon on it: {}: {}",
            settings.directory(),
            lock.refusal());
      }
      locked.complete("");
    } catch (CaptureLock.HeldException e) {
      // The first failure is reported by the caller of awaitLock.
      if (!locked.complete(e.getMessage())) {
        throw e;
      }
    } catch (IOException e) {
      locked.complete("");
      throw e;
    }
  }

  /**
   * Waits for the lock. Returns, in one line, why another daemon holds the directory; empty if none
   * does or the disk does not answer in time. Nothing is removed before the lock is taken.
   */
  String awaitLock(long timeoutNanos) {
    try {
      return locked.get(timeoutNanos, TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      locked.complete("");
      return locked.getNow("");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Does one round of due work. Keeping thread only. */
  void doRound() {
    List<Capture> captures = live.get();
    captures.forEach(capture -> snapshotIfDue(capture, false));
    long nowNs = clock.getAsLong();
    if (!mayRemove) {
      return;
    }
    if (isChanged || !captures.isEmpty() || nowNs - lookedNs >= IDLE_ROUND_NANOS) {
      isChanged = false;
      lookedNs = nowNs;
      attempt("retention", () -> retention.enforce(captures, System.currentTimeMillis(), nowNs));
    }
  }

  /** Takes the snapshot around a drop if it is due. */
  void snapshotIfDue(Capture capture, boolean isLastCall) {
    if (capture.pollSnapshotDue(clock.getAsLong(), isLastCall)) {
      attempt("snapshot", () -> snapshot(capture, "drop"));
    }
  }

  Path snapshot(Capture capture, String reason) throws IOException {
    Path taken = snapshots.take(capture, reason);
    log.info("capture {}: snapshot {} ({})", capture.directory().getFileName(), taken, reason);
    return taken;
  }

  CaptureDownloads downloads() {
    return downloads;
  }

  private interface Attempt {
    void run() throws IOException;
  }

  /** Runs an operation; a failure is logged once and never ends the thread. */
  private void attempt(String what, Attempt attempt) {
    try {
      attempt.run();
      isNews(what, "");
    } catch (IOException | RuntimeException e) {
      if (isNews(what, e.toString())) {
        log.warn("captures: {} failed: {}", what, e.toString());
      }
    }
  }

  private synchronized boolean isNews(String what, String message) {
    return !message.equals(troubles.put(what, message));
  }

  long retainedBytes() {
    return retention.retainedBytes();
  }

  long retentionFailures() {
    return retention.failures();
  }

  @Override
  public void close() {
    isClosed = true;
    LockSupport.unpark(keeping);
    try {
      keeping.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (keeping.isAlive()) {
      return; // Its disk hangs; the process exits without it.
    }
    try (CaptureLock held = lock) {
      if (mayRemove) {
        deleteSpares();
      }
    } catch (IOException e) {
      log.debug("cannot delete spare segments: {}", e.toString());
    }
  }

  private void deleteSpares() throws IOException {
    retention.deleteSpares();
    Path folder = SegmentSupply.folder(settings);
    if (Files.isDirectory(folder)) {
      try (var left = Files.list(folder)) {
        for (Path file : (Iterable<Path>) left::iterator) {
          files.delete(file);
        }
      }
      files.delete(folder);
    }
  }
}
