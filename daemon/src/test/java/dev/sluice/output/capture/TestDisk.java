package dev.sluice.output.capture;

import dev.sluice.config.CaptureSettings;

/** A capture store on a disk that a test can block. */
public final class TestDisk {
  private final FaultyFiles files = new FaultyFiles();
  private boolean isBlocked;

  /** Returns a store on this disk, with real threads. */
  public CaptureStore store(CaptureSettings settings, StageMemory memory) {
    return new CaptureStore(settings, files, memory, CaptureThreads.AS_THEY_ARE, System::nanoTime);
  }

  /** Blocks writes until {@link #unblock}. */
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
