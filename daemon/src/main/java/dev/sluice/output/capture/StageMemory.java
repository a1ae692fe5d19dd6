package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Source of prefaulted memory for the stages. Any thread. */
public interface StageMemory {
  /** Returns at least {@code bytes} of direct memory. */
  ByteBuffer take(long bytes) throws IOException;

  /** Returns the descriptor of taken memory; -1 if the memory does not outlive this process. */
  default int descriptor(ByteBuffer memory) {
    return -1;
  }

  /** Returns memory that is no longer used. */
  void give(ByteBuffer memory);
}
