package dev.sluice.output.capture;

import dev.sluice.config.CaptureSettings;

/** A store of captures on a disk that a test can stop. */
public final class TestDisk {
  private final FaultyFiles files = new FaultyFiles();

  /** Captures on this disk; its threads are real. */
  public CaptureStore store(CaptureSettings settings, StageMemory memory) {
    return new CaptureStore(settings, files, memory, CaptureThreads.AS_THEY_ARE, System::nanoTime);
  }

  /** From now on a write does not return until {@link #unblock}. */
  public void block() {
    files.block();
  }

  public void unblock() {
    files.unblock();
  }
}
