package dev.sluice.output.capture;

import dev.sluice.config.CaptureSettings;

/** A store of captures on a disk that a test can stop. */
public final class TestDisk {
  private final FaultyFiles files = new FaultyFiles();
  private boolean isBlocked;

  /** Captures on this disk; its threads are real. */
  public CaptureStore store(CaptureSettings settings, StageMemory memory) {
    return new CaptureStore(settings, files, memory, CaptureThreads.AS_THEY_ARE, System::nanoTime);
  }

  /** From now on a write does not return until {@link #unblock}. */
  public synchronized void block() {
    if (!isBlocked) {
      isBlocked = true;
      files.block();
    }
  }

  public synchronized void unblock() {
    isBlocked = false;
    files.unblock();
  }
}
